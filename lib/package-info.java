//JAVA 25+
// The one list of libraries and JVM flags; every script that names lib/**.java in its //SOURCES gets them.
//DEPS org.slf4j:slf4j-api:2.0.20
//DEPS org.slf4j:slf4j-simple:2.0.20
//DEPS info.picocli:picocli:4.7.7
//DEPS com.fasterxml.jackson.core:jackson-databind:2.23.0
//DEPS org.xerial:sqlite-jdbc:3.54.1.0
//DEPS io.github.robaho:httpserver:1.0.29
// native access: SQLite; the rest keeps a start short and a daemon small (130 MB at rest without the last three)
//RUNTIME_OPTIONS --enable-native-access=ALL-UNNAMED -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Xms16m -XX:TrimNativeHeapInterval=30000 -Xlog:trimnative=off
// no collector for javac: it gains nothing, and beside one in JAVA_TOOL_OPTIONS the JVM would not start
//JAVAC_OPTIONS -J-XX:TieredStopAtLevel=1


/**
 * What the commands share. Each folder is a package with one job. Imports go one way; the order of the folders stands in
 * {@code tests/house/ImportsTest.java}.
 */
package lib;
