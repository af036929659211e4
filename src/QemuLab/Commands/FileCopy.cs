using System.Diagnostics;
using System.Globalization;
using QemuLab.Api;
using QemuLab.Engine;
using QemuLab.Output;

namespace QemuLab.Commands;

/// <summary>Copies files by scp, with one machine or with many side by side.</summary>
/// <param name="cli">Has the terminal.</param>
/// <param name="recursive">Folders too.</param>
/// <param name="preserve">Times and permissions are kept.</param>
internal sealed class FileCopy(Cli cli, bool recursive, bool preserve)
{
    /// <summary>From this host to the same path of each machine.</summary>
    public int Up(IReadOnlyList<CopyPlace> sources, IReadOnlyList<MachineLoginView> machines, string path)
    {
        string[] local = [.. sources.Select(source => Existing(source.Path))];
        long? size = SizeOf(local);
        return Run([.. machines.Select(machine => new Transfer(machine, [.. local, $"{machine.Name}:{path}"]) { Size = size })]);
    }

    /// <summary>From machines to this host; where there are several, each one's files into a folder of its name.</summary>
    public int Down(IReadOnlyList<(MachineLoginView Machine, string Path)> sources, string path)
    {
        IGrouping<(string, string), (MachineLoginView Machine, string Path)>[] machines = [.. sources.GroupBy(source => (source.Machine.Lab, source.Machine.Name))];
        string target = Path.GetFullPath(path) + (path.EndsWith('/') ? "/" : "");
        if (machines.Length == 1)
        {
            string parent = Path.GetDirectoryName(target) ?? "/";
            return Directory.Exists(target) || Directory.Exists(parent)
                ? Run([TransferOf(machines[0], target)])
                : throw new QemuLabException(ErrorKind.Failed, "folder-missing", $"there is no folder {parent}", $"make it: mkdir -p {Engine.Hosts.ShellQuoting.Quote(parent)}");
        }

        if (File.Exists(target))
        {
            throw new QemuLabException(ErrorKind.Failed, "folder-missing", $"{target} is a file; what comes from {machines.Length} machines needs a folder");
        }

        return Run([.. machines.Select(machine =>
        {
            string folder = Path.Combine(target, machine.First().Machine.Name);
            Directory.CreateDirectory(folder);
            return TransferOf(machine, folder + "/");
        })]);
    }

    /// <summary>From a machine to others of its lab, through this host.</summary>
    public int Across(IReadOnlyList<(MachineLoginView Machine, string Path)> sources, IReadOnlyList<MachineLoginView> machines, string path)
    {
        MachineLoginView from = sources[0].Machine;
        if (sources.Select(source => source.Machine).Concat(machines).FirstOrDefault(machine => machine.Lab != from.Lab) is { } other)
        {
            throw new QemuLabException(ErrorKind.Usage, "several-labs", $"{from.Lab}/{from.Name} and {other.Lab}/{other.Name} are of two labs", "copy to this host first, and from it then");
        }

        sources.ToList().ForEach(source => GuestShell.ConfigOf(source.Machine));
        return Run([.. machines.Select(machine => new Transfer(machine, ["-3", .. sources.Select(source => $"{source.Machine.Name}:{source.Path}"), $"{machine.Name}:{path}"]))]);
    }

    private static Transfer TransferOf(IEnumerable<(MachineLoginView Machine, string Path)> sources, string target) =>
        new(sources.First().Machine, [.. sources.Select(source => $"{source.Machine.Name}:{source.Path}"), target]);

    /// <summary>Absolute, so that neither a colon nor a hyphen in it means anything to scp.</summary>
    private string Existing(string path) => (File.Exists(path), Directory.Exists(path)) switch
    {
        (false, false) => throw new QemuLabException(ErrorKind.Failed, "no-file", $"there is no file or folder {path}"),
        (_, true) when !recursive => throw new QemuLabException(ErrorKind.Usage, "is-folder", $"{path} is a folder", "copy it with all that is in it: -r"),
        _ => Path.GetFullPath(path),
    };

    private static long? SizeOf(IEnumerable<string> paths)
    {
        try
        {
            return paths.Sum(path => Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories).Sum(file => new FileInfo(file).Length) : new FileInfo(path).Length);
        }
        catch (Exception unread) when (unread is IOException or UnauthorizedAccessException)
        {
            // scp says what it cannot read.
            return null;
        }
    }

    private int Run(IReadOnlyList<Transfer> transfers)
    {
        var failures = new QemuLabException?[transfers.Count];
        double[] seconds = new double[transfers.Count];
        // scp paints by itself, but for one only, and on a terminal.
        bool shows = transfers.Count == 1 && !Console.IsOutputRedirected && cli.Terminal.Progress == ProgressStyle.Auto;
        using CopyProgress? progress = shows ? null : new CopyProgress(cli.Terminal, transfers.Select(transfer => transfer.Machine));
        using var interrupts = new Interrupts(() => { });
        Thread[] workers = [.. transfers.Select((transfer, i) => new Thread(() => failures[i] = Try(transfer, progress, out seconds[i])))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        progress?.Dispose();
        if (failures.Any(failure => failure is not null) && interrupts.HasEndedChild)
        {
            // scp has the same Ctrl-C.
            cli.Terminal.Note("interrupted; a file that was on its way may be there in part");
            throw new OperationCanceledException();
        }

        if (failures is [{ } only])
        {
            throw only;
        }

        for (int i = 0; i < failures.Length && failures.Length > 1; i++)
        {
            if (failures[i] is { } failure)
            {
                Failure.Of(failure, "").Lines.ToList().ForEach(cli.Terminal.Error.WriteLine);
            }
            else
            {
                cli.Terminal.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{transfers[i].Machine.Lab}/{transfers[i].Machine.Name}: copied{(seconds[i] >= 0.95 ? $" after {seconds[i]:0}s" : "")}"));
            }
        }

        return failures.Max(failure => failure is null ? 0 : Failure.CodeOf(failure.Kind));
    }

    private QemuLabException? Try(Transfer transfer, CopyProgress? progress, out double seconds)
    {
        long began = Stopwatch.GetTimestamp();
        try
        {
            Run(transfer, progress);
            return null;
        }
        catch (QemuLabException failed)
        {
            return failed;
        }
        finally
        {
            seconds = Stopwatch.GetElapsedTime(began).TotalSeconds;
        }
    }

    private void Run(Transfer transfer, CopyProgress? progress)
    {
        string config = GuestShell.ConfigOf(transfer.Machine);
        string[] flags = [.. progress is null ? Array.Empty<string>() : ["-q"], .. recursive ? ["-r"] : Array.Empty<string>(), .. preserve ? ["-p"] : Array.Empty<string>()];
        // -s: the SFTP protocol, also where an older client would not use it; no shell of the guest's sees the paths.
        using Process scp = GuestShell.Start(new ProcessStartInfo("scp", ["-F", config, "-s", .. flags, .. transfer.Arguments]) { RedirectStandardError = true });
        using CopyProgress.Copy? shown = progress?.Begin(transfer.Machine, scp.Id, transfer.Size);
        string said = scp.StandardError.ReadToEnd();
        scp.WaitForExit();
        shown?.Succeeded = scp.ExitCode == 0;
        if (scp.ExitCode != 0)
        {
            throw CopyFailure.Of(transfer.Machine, transfer.Arguments[^1], said, scp.ExitCode);
        }
    }

    /// <summary>One call of scp.</summary>
    private sealed record Transfer(MachineLoginView Machine, IReadOnlyList<string> Arguments)
    {
        /// <summary>Bytes that are to be copied; null: they are on another host.</summary>
        public long? Size { get; init; }
    }
}
