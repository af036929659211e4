using QemuLab.Api;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Images;

namespace QemuLab.Commands.Completion;

/// <summary>The names that a running daemon knows. Somebody waits with a finger on a key: no daemon is started, an answer that is late is none, and so is a fault.</summary>
internal sealed class KnownNames(Cli cli)
{
    /// <summary>Names the variable for how many milliseconds the daemon may take, for hosts that are slow.</summary>
    private const string LimitVariable = "QEMULAB_COMPLETION_LIMIT";

    private const int UsualLimit = 40;

    private NamesView? asked;

    public IEnumerable<Word> Of(WordKind kind) => kind switch
    {
        WordKind.File => [new Word(Word.Files)],
        WordKind.Folder => [new Word(Word.Folders)],
        WordKind.Verb => [],
        WordKind.Machine => Machines(),
        WordKind.MachineOrGroup => [.. Machines(), .. Groups()],
        WordKind.Deleted => [.. Names.Deleted.Select(name => new Word(name, "deleted"))],
        WordKind.Lab => [.. Names.Labs.Select(lab => new Word(lab.Name, "lab"))],
        WordKind.Snapshot => [.. Names.Labs.SelectMany(lab => lab.Snapshots.Select(name => new Word(name, $"snapshot of {lab.Name}")))],
        WordKind.Network => [.. Names.Labs.SelectMany(lab => lab.Networks.Select(name => new Word($"{lab.Name}/{name}", "network")).Prepend(new Word(lab.Name, "lab")))],
        WordKind.NetworkName => [.. Names.Labs.SelectMany(lab => lab.Networks).Distinct().Select(name => new Word(name, "network"))],
        WordKind.CachedImage => [.. Names.Images.Select(name => new Word(name, "image"))],
        WordKind.Image => [.. ImageCatalog.Names(ImageCatalog.UserFolder(cli.Environment)).Select(name => new Word(name, "image"))],
        _ => [],
    };

    private NamesView Names => asked ??= Ask() ?? NamesView.None;

    /// <summary>By their own names; by LAB/MACHINE where several labs have one.</summary>
    private IEnumerable<Word> Machines() => Qualified(lab => lab.Machines, "machine");

    private IEnumerable<Word> Groups() => Qualified(lab => lab.Groups, "group");

    private IEnumerable<Word> Qualified(Func<LabNamesView, IReadOnlyList<string>> of, string what)
    {
        HashSet<string> shared = [.. Names.Labs.SelectMany(of).GroupBy(name => name).Where(same => same.Count() > 1).Select(same => same.Key)];
        return Names.Labs.SelectMany(lab => of(lab).Select(name => new Word(shared.Contains(name) ? $"{lab.Name}/{name}" : name, $"{what} of {lab.Name}")));
    }

    private NamesView? Ask()
    {
        NamesView? answer = null;
        var question = new Thread(() => answer = Answer(cli.Paths)) { IsBackground = true };
        question.Start();
        // What is late is left behind: the thread ends with the process.
        return question.Join(int.TryParse(cli.Environment(LimitVariable), out int given) && given > 0 ? given : UsualLimit) ? answer : null;
    }

    private static NamesView? Answer(StatePaths paths)
    {
        try
        {
            return DaemonAccess.IsRunning(paths) && File.Exists(paths.DaemonSocket) ? new DaemonClient(paths.DaemonSocket).Get<NamesView>("/v1/names") : null;
        }
        catch (Exception)
        {
            // A daemon of another version, or one that ends in this moment: there is nothing to offer, and nobody to tell.
            return null;
        }
    }
}
