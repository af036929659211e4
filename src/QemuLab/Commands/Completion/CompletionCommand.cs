using System.CommandLine;
using System.Reflection;
using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Commands.Completion;

/// <summary><c>qemulab completion SHELL</c>: the script that makes a shell complete; and <c>complete-words</c>, which the scripts ask.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Shells = ["bash", "zsh", "fish"];

    public static Command Create(Cli cli)
    {
        Argument<string> shell = new Argument<string>("shell") { Description = "bash, zsh or fish" }.Completes(Shells);
        return new Verb("completion", "Print the script that lets a shell complete verbs, options, machines, labs, snapshots, networks and images")
        {
            Examples =
            [
                ("source <(qemulab completion bash)", "in this bash only"),
                ("qemulab completion bash > ~/.local/share/bash-completion/completions/qemulab", "for you, from the next bash on (package bash-completion)"),
                ("qemulab completion zsh > ~/.zfunc/_qemulab", "for you; ~/.zshrc: fpath+=(~/.zfunc); autoload -U compinit; compinit"),
                ("qemulab completion fish > ~/.config/fish/completions/qemulab.fish", "for you, from the next fish on"),
            ],
            Arguments = { shell },
        }.Runs(parse => cli.Terminal.Out.Write(Script(parse.GetRequiredValue(shell))));
    }

    /// <summary>For the scripts: one word a line. Whatever happens, it prints no error and ends well: there is half a command line on the terminal.</summary>
    public static Command CreateWords(Cli cli)
    {
        var shell = new Argument<string>("shell");
        var words = new Argument<string[]>("words") { Arity = ArgumentArity.ZeroOrMore };
        return new Verb("complete-words", "Print what may stand at the end of a command line")
        {
            Hidden = true,
            Arguments = { shell, words },
        }.Runs(parse =>
        {
            try
            {
                string wanted = parse.GetRequiredValue(shell);
                var line = CommandLineWords.Of(wanted, parse.GetValue(words)!);
                var completer = new Completer(parse.RootCommandResult.Command, new KnownNames(cli).Of);
                cli.Terminal.Out.Write(line.Lines(completer.Complete(line.Words)));
            }
            catch (Exception error) when (error is not IOException)
            {
                // Nothing is offered.
            }
        });
    }

    /// <exception cref="QemuLabException">There is no script for that shell.</exception>
    internal static string Script(string shell)
    {
        if (!Shells.Contains(shell))
        {
            throw new QemuLabException(ErrorKind.Usage, "shell-unknown", $"there is no completion for '{shell}'", NearestName.Of(shell, Shells) is { } nearest ? $"did you mean {nearest}?" : $"there is one for {string.Join(", ", Shells)}");
        }

        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream($"completion/qemulab.{shell}")!);
        return reader.ReadToEnd();
    }
}
