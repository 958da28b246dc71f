package tests.cli;

import module java.base;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tests.config.Ran;

/** A command line means what it says, in the order it says it, and a wrong one is not repeated with its secrets. */
class OptionsTest {
  @TempDir
  Path home;

  @ParameterizedTest
  @CsvSource({"--keep-agents,true", "--keep-agents=false,false", "--keep-agents=yes,true", "--no-keep-agents,false",
      "--keep-agents --no-keep-agents,false", "--no-keep-agents --keep-agents,true", "--no-keep-agents --keep-agents=no,false"})
  void aYesOrNoIsTheLastOneGiven(String flags, String value) {
    assertThat(show(flags).value("keep_agents")).isEqualTo(value);
    assertThat(show(flags.replace("keep-agents", "global-codebase")).value("global_codebase")).isEqualTo(value);
    assertThat(show(flags.replace("keep-agents", "email-dry-run")).value("email_dry_run")).isEqualTo(value);
  }

  @Test
  void aYesOrNoThatIsNeitherIsRefused() {
    for (var flag : List.of("--keep-agents=maybe", "--keep-agents=")) {
      check(flag).fails(2, "keep_agents is '", "(--keep-agents)", "true or false");
    }
    check("--no-keep-agents=false").fails(2, "--no-keep-agents takes no value");
  }

  @ParameterizedTest
  @CsvSource({"--name a --worker-name b,b", "--worker-name b -n a,a", "-na,a", "-n=a,a", "--name=a=b,a=b", "--worker-na x,x", "--name a --name b,b"})
  void theLastOfItsNamesDecidesAndTheLongOneIsTheOrigin(String flags, String value) {
    assertThat(show(flags).value("worker_name")).isEqualTo(value);
    assertThat(show(flags).setting("worker_name").path("where").asText()).isEqualTo("--worker-name");
  }

  @ParameterizedTest
  @ValueSource(strings = {"-b", "--", "--json", "--zzz", "-n=x", "-"})
  void takesAnyTextBehindAnEqualsSignAsTheValue(String value) {
    assertThat(show("--name=" + value).value("worker_name")).isEqualTo(value);
    assertThat(show("-b=" + value).setting("codebases").path("value").findValuesAsText("path")).containsExactly(home.resolve(value).toString());
    var task = Ran.of(new cmd.run(), home, Map.of(), "--task=" + value);
    assertThat(task.err()).contains("--task", "--local").doesNotContain("missing");
  }

  @Test
  void takesNoOptionForTheValueOfAnother() {
    Ran.of(new cmd.run(), home, Map.of(), "--local", "--task", "-b").fails(2, "something is missing: --task", "with =, without a blank");
  }

  @Test
  void listsAddUpInTheirOrderAcrossNames() {
    assertThat(show("-b x:/1 --codebases y:/2 -b=z:/3").setting("codebases").path("value").valueStream().map(c -> c.path("name").asText()))
        .containsExactly("x", "y", "z");
    assertThat(show("--silence dead=7 --silence asking=8").setting("silence").path("value").toString()).contains("\"dead\":7", "\"asking\":8");
  }

  @Test
  void anAtSignIsTextAndNoFileToRead() throws IOException {
    Files.writeString(home.resolve("f"), "--name from-a-file");
    assertThat(show("--name @" + home.resolve("f")).value("worker_name")).isEqualTo("@" + home.resolve("f"));
    assertThat(check("@" + home.resolve("f")).exit()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"--auth-tokn=s3cret,--auth-tokn", "--auth-tokn s3cret,--auth-tokn", "s3cret --zzz,--zzz", "-zs3cret,-z",
      "--auth-token --zzz=s3cret --yyy=s3cret,--yyy", "--name --auth-token=s3cret,--name", "--a=s3cret,--a"})
  void aWrongCommandLineIsNotRepeatedWithItsValues(String arguments, String named) {
    var ran = check(arguments);
    ran.fails(2, named, "--help");
    assertThat(ran.err()).doesNotContain("s3cret");
  }

  @Test
  void theConfigFileMayStandInTheHomeFolder() throws IOException {
    var file = Files.writeString(home.resolve("c.json"), "{\"worker_name\": \"w\"}");
    assertThat(show("--config ~/c.json").value("worker_name")).isEqualTo("w");
    assertThat(show("-c ./sub/../c.json").setting("worker_name").path("where").asText()).isEqualTo(file + ":1:2");
  }

  @Test
  void anEmptyNameIsNoConfigFile() {
    for (var arguments : new String[][] {{"--config", ""}, {"--config="}, {"-c", " "}}) {
      Ran.config(home, Map.of(), Stream.concat(Stream.of("check"), Stream.of(arguments)).toArray(String[]::new)).fails(2, "--config names no file");
    }
  }

  @Test
  void whatHasNoEffectYetIsOneLineWhereItWouldHaveNoneAnyway() {
    var vars = Map.of("SENDGRID_API_KEY", "k", "NOTIFICATION_EMAIL", "a@b");
    assertThat(Ran.config(home, vars, "check").err().lines()).hasSize(2).allMatch(line -> line.contains("has no effect yet"));
    for (var ran : List.of(Ran.of(new cmd.tasks(), home, vars, "list"), Ran.of(new cmd.register(), home, vars))) {
      assertThat(ran.err().lines().filter(line -> line.startsWith("warning: "))).containsExactly("warning: without effect yet: "
          + "sendgrid_api_key (SENDGRID_API_KEY), notification_email (NOTIFICATION_EMAIL); 'config check' says why");
    }
    assertThat(Ran.of(new cmd.run(), home, vars).err().lines().filter(line -> line.contains("has no effect yet"))).hasSize(2);
  }

  private Ran show(String flags) {
    return run("show --json " + flags);
  }

  private Ran check(String flags) {
    return run("check " + flags);
  }

  private Ran run(String arguments) {
    return Ran.config(home, Map.of(), arguments.split(" "));
  }
}
