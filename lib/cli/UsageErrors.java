package lib.cli;

import module java.base;
import lib.core.Problem;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;
import picocli.CommandLine;

/** What is wrong with a command line, in our words; never a value that belongs to a setting, which may be a secret. */
final class UsageErrors {
  private UsageErrors() {}

  static Problem problem(ParameterException e) {
    var line = e.getCommandLine();
    var command = line.getCommandSpec().qualifiedName();
    var help = "'" + command + " --help' lists what it takes";
    return (switch (e) {
      case UnmatchedArgumentException unmatched -> unmatched(unmatched, line, command, help);
      case MissingParameterException missing -> new Problem("something is missing: " + missing.getMissing().stream().map(UsageErrors::name)
          .collect(Collectors.joining(", ")), missing.getMissing().getFirst().isOption() ? "it needs a value; one that begins with - is given with =, without a blank" : command + " needs it", help);
      case ParameterException number when e.getArgSpec() != null && Set.of(int.class, long.class, Long.class).contains(e.getArgSpec().type()) ->
          new Problem(name(e.getArgSpec()) + " is '" + e.getValue() + "'", "it must be a whole number", help);
      default -> new Problem("the command line cannot be read",
          e.getMessage().split("\n")[0].replaceFirst("^Error: ", "").replaceFirst(" but found .*", ""), help);
    }).ending(Problem.Exit.USAGE);
  }

  private static Problem unmatched(UnmatchedArgumentException e, CommandLine line, String command, String help) {
    var option = e.getUnmatched().stream().filter(word -> word.startsWith("-") && word.length() > 1).findFirst();
    var near = e.getSuggestions().isEmpty() ? "" : "did you mean " + String.join(" or ", e.getSuggestions()) + "? ";
    if (option.isPresent()) {
      var name = option.get().startsWith("--") ? option.get().replaceFirst("(?s)=.*", "") : option.get().substring(0, 2);
      return new Problem("unknown option " + name, command + " does not know it", near + help);
    }
    var word = e.getUnmatched().getFirst();
    if (!line.getSubcommands().isEmpty()) {
      return new Problem("unknown command " + word, command + " has " + String.join(", ", line.getSubcommands().keySet()), near + help);
    }
    return new Problem("unexpected argument " + word, "several words are one argument only within quotes", help);
  }

  private static String name(ArgSpec arg) {
    return arg instanceof OptionSpec option ? String.join(", ", option.names()) : arg.paramLabel();
  }
}
