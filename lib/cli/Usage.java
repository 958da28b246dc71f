package lib.cli;

import java.util.stream.Collectors;
import lib.Problem;
import picocli.CommandLine;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** What is wrong with a command line, in our words instead of the parser's. */
final class Usage {
  private Usage() {}

  static Problem problem(ParameterException e) {
    var line = e.getCommandLine();
    var command = line.getCommandSpec().qualifiedName();
    var help = "'" + command + " --help' lists what it takes";
    return (switch (e) {
      case UnmatchedArgumentException unmatched -> unmatched(unmatched, line, command, help);
      case MissingParameterException missing -> new Problem("something is missing: " + missing.getMissing().stream().map(Usage::name)
          .collect(Collectors.joining(", ")), missing.getMissing().getFirst().isOption() ? "it needs a value" : command + " needs it", help);
      default -> e.getArgSpec() == null ? new Problem("the command line cannot be read", e.getMessage().replaceFirst("\n(?s:.*)", ""), help)
          : new Problem(name(e.getArgSpec()) + " is '" + e.getValue() + "'", "it must be " + kind(e.getArgSpec()), help);
    }).ending(Problem.Exit.USAGE);
  }

  private static Problem unmatched(UnmatchedArgumentException e, CommandLine line, String command, String help) {
    var word = e.getUnmatched().getFirst();
    var near = e.getSuggestions().isEmpty() ? "" : "did you mean " + String.join(" or ", e.getSuggestions()) + "? ";
    if (e.isUnknownOption()) {
      return new Problem(word + " is no option", command + " does not know it", near + help);
    }
    if (!line.getSubcommands().isEmpty()) {
      return new Problem("'" + word + "' is no command", command + " has " + String.join(", ", line.getSubcommands().keySet()), near + help);
    }
    return new Problem("'" + word + "' is one argument too many", "several words are one argument only within quotes", help);
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec option ? option.longestName() : arg.paramLabel();
  }

  private static String kind(ArgSpec arg) {
    return arg.type() == int.class ? "a whole number" : "something else: " + arg.description()[0];
  }
}
