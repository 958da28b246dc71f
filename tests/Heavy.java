package tests;

import module java.base;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.parallel.ResourceLock;

/** Marks test classes that keep a processor busy: they come first, and one at a time. */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ResourceLock("processor")
@Order(1)
public @interface Heavy {}
