using System.Globalization;
using QemuLab.Daemon;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Asks a person for what a new lab file is to say: a line for each question, the usual answer in brackets. Nothing is written before the last answer.</summary>
internal sealed class InitQuestions(Terminal terminal, Func<string?> read)
{
    /// <exception cref="QemuLabException">The input ended.</exception>
    public static LabDraft Ask(Cli cli, HostSize room)
    {
        var questions = new InitQuestions(cli.Terminal, Console.ReadLine);
        LabDraft draft = questions.Machines(EngineWiring.Catalog(), room);
        string user = questions.Text("A user of your own, beside the one of the image (empty: none)", "", answer => answer.Length == 0 ? null : LabDraft.FaultOfUser(answer));
        string? password = user.Length == 0 ? null : Passwords.Ask(cli.Terminal, $"Password of {user} (empty: none, only keys): ");
        string[] keys = [.. PublicKeys.Offered(cli.Environment).Where(file => questions.Confirm($"Let the key {file} in")).Select(PublicKeys.Read)];
        return draft with { User = user.Length == 0 ? null : user, PasswordHash = password, SshKeys = keys };
    }

    /// <summary>Template, name, image and sizes.</summary>
    internal LabDraft Machines(ImageCatalog catalog, HostSize room)
    {
        foreach (LabTemplate one in LabTemplate.All)
        {
            terminal.Error.WriteLine($"  {one.Name,-14} {one.Description}");
        }

        LabTemplate template = LabTemplate.Find(Text("Template", LabDraft.UsualTemplate, answer => Fault(() => LabTemplate.Find(answer))));
        Lab usual = LabReader.Read(new LabSource { DisplayPath = template.Name, BaseDirectory = "/", Text = template.Text() }, catalog.Images).LabOrThrow();
        string name = Text("Name of the lab", usual.Name.Value, answer => Fault(() => Compose(new LabDraft { Template = template, Name = answer }, room)));
        terminal.Error.WriteLine($"  {string.Join(", ", catalog.Images.Select(image => image.Name))}");
        string image = Text("Image", usual.Machines[0].Image, answer => Fault(() => catalog.Find(answer)));
        ProposedSizes sizes = ProposedSizes.For(usual.Machines.Count, catalog.Find(image).MinimumMemory, room.MemoryAvailable, room.Cores);
        terminal.Error.WriteLine($"  {sizes.Reason}");
        string memory = Text("Memory of each machine", sizes.Memory.ToString(), answer => ByteSize.TryParse(answer, out _) ? null : $"'{answer}' is not a size such as 512MiB or 2GiB");
        string cpus = Text("CPUs of each machine", sizes.Cpus.ToString(CultureInfo.InvariantCulture), answer => int.TryParse(answer, out int count) && count is > 0 and <= 255 ? null : $"'{answer}' is not a number from 1 to 255");
        return new LabDraft { Template = template, Name = name, Image = image, Memory = memory, Cpus = int.Parse(cpus, CultureInfo.InvariantCulture) };
    }

    public static QemuLabException Ended() => new(ErrorKind.Usage, "input-ended", "the input ended before all was answered; nothing was written", "give the answers as options: qemulab init --help");

    /// <summary>Asks until the answer is good.</summary>
    /// <param name="question">Without the usual answer.</param>
    /// <param name="usual">What an empty line means.</param>
    /// <param name="faultOf">What is wrong with an answer; null: nothing.</param>
    private string Text(string question, string usual, Func<string, string?> faultOf)
    {
        while (true)
        {
            terminal.Error.Write(usual.Length == 0 ? question + ": " : $"{question} [{usual}]: ");
            string line = read() ?? throw Ended();
            string answer = line.Trim() is { Length: > 0 } given ? given : usual;
            if (faultOf(answer) is not { } fault)
            {
                return answer;
            }

            terminal.Error.WriteLine(fault);
        }
    }

    private bool Confirm(string question) =>
        Text(question + "?", "y", answer => answer is "y" or "n" or "yes" or "no" or "Y" or "N" ? null : "y or n") is "y" or "yes" or "Y";

    private static void Compose(LabDraft draft, HostSize room) => draft.Compose(LabFile.Default, () => room);

    private static string? Fault(Action action)
    {
        try
        {
            action();
            return null;
        }
        catch (LabFileException wrong)
        {
            return wrong.Diagnostics[0].Message;
        }
        catch (QemuLabException wrong)
        {
            return wrong.Hint is null ? wrong.Message : $"{wrong.Message}; {wrong.Hint}";
        }
    }
}
