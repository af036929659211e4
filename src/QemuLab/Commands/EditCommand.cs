using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using QemuLab.Commands.Completion;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using Command = System.CommandLine.Command;

namespace QemuLab.Commands;

/// <summary><c>qemulab edit FILE</c>: a lab file in the user's editor; it is replaced only by a text that reads without a fault.</summary>
internal static class EditCommand
{
    private const string UsualEditor = "vi";

    public static Command Create(Cli cli)
    {
        Argument<string?> file = new Argument<string?>("file") { Description = "The lab file; without it ./lab.yaml", Arity = ArgumentArity.ZeroOrOne }.Completes(WordKind.File);
        return new Verb("edit", "Edit a lab file in $VISUAL or $EDITOR; a text with faults never takes its place")
        {
            Examples = [("qemulab edit", "./lab.yaml"), ("EDITOR=nano qemulab edit lab.yaml", "with another editor"), ("qemulab diff", "then: what a launch would change")],
            Arguments = { file },
        }.Runs(parse => Run(cli, parse.GetValue(file) ?? LabFile.Default));
    }

    private static void Run(Cli cli, string file)
    {
        string before = LabSourceLoader.Load(file, []).Text;
        string target = new FileInfo(file).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? Path.GetFullPath(file);
        // Beside the file: what it names is found from there, and a rename puts it in its place.
        string copy = Path.Combine(Path.GetDirectoryName(target)!, $".{Path.GetFileNameWithoutExtension(target)}.edit-{Environment.ProcessId}{Path.GetExtension(target)}");
        UnixFileMode mode = File.GetUnixFileMode(target);
        AtomicFile.Write(copy, before, AtomicFile.Private);
        while (true)
        {
            int code = Open(cli, copy);
            string after = File.Exists(copy) ? File.ReadAllText(copy) : before;
            if (after == before)
            {
                File.Delete(copy);
                cli.Terminal.Note(code == 0 ? $"{file} is as it was" : $"{file} is as it was; the editor ended with exit code {code}");
                return;
            }

            if (code != 0)
            {
                throw Left($"the editor ended with exit code {code}, and {file} was not changed", copy);
            }

            if (IsGood(cli, file, copy))
            {
                Replace(file, target, before, after, copy, mode);
                cli.Terminal.Out.WriteLine($"{file}: changed");
                return;
            }

            if (!AsksAgain(cli, copy))
            {
                throw Left($"{file} was not changed: what was edited has faults", copy);
            }
        }
    }

    /// <summary>Shows what is wrong, as of the file that it is to become.</summary>
    private static bool IsGood(Cli cli, string file, string copy)
    {
        LabReading reading = LabFile.Read(LabSourceLoader.Load(copy, []) with { DisplayPath = file });
        foreach (Diagnostic diagnostic in reading.Diagnostics)
        {
            cli.Terminal.Error.WriteLine(diagnostic);
        }

        return reading.Lab is not null;
    }

    private static void Replace(string file, string target, string before, string after, string copy, UnixFileMode mode)
    {
        if (!File.Exists(target) || File.ReadAllText(target) != before)
        {
            throw Left($"{file} was changed by somebody else meanwhile, and was left so", copy);
        }

        AtomicFile.Write(target, Encoding.UTF8.GetBytes(after), mode);
        File.Delete(copy);
    }

    private static bool AsksAgain(Cli cli, string copy)
    {
        if (Console.IsInputRedirected || Console.IsErrorRedirected)
        {
            return false;
        }

        cli.Terminal.Error.Write($"Your text is in {copy}. Edit again? [Y/n] ");
        return Console.ReadLine()?.Trim() is "" or "y" or "Y" or "yes";
    }

    /// <summary>The editor's exit code. Its variable may have arguments with it, as <c>code --wait</c>.</summary>
    /// <exception cref="QemuLabException">It cannot be run.</exception>
    private static int Open(Cli cli, string path)
    {
        string editor = cli.Environment("VISUAL") is { Length: > 0 } visual ? visual : cli.Environment("EDITOR") is { Length: > 0 } given ? given : UsualEditor;
        string[] words = editor.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        try
        {
            using IDisposable interrupts = Interrupts.LeaveToChild();
            using Process process = Process.Start(new ProcessStartInfo(words[0], [.. words[1..], path]))!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Exception cause) when (cause is Win32Exception or IndexOutOfRangeException)
        {
            File.Delete(path);
            throw new QemuLabException(ErrorKind.Failed, "editor-failed", $"the editor '{editor}' cannot be run: {cause.Message}", "name one that is installed: EDITOR=nano qemulab edit", cause);
        }
    }

    private static QemuLabException Left(string message, string copy) => new(ErrorKind.Usage, "edit-left", message, $"your text is kept: {copy}");
}
