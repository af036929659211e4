using QemuLab.Engine;
using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>What became of one of the files.</summary>
internal enum FileChange
{
    Written,
    Rewritten,
    Unchanged,
    Removed,
}

/// <summary>Puts the daemon into the hands of an init system, and takes it out again. Nothing is touched before everything that can be known to be in the way has been looked at.</summary>
/// <param name="init">Systemd or launchd.</param>
/// <param name="runner">Makes another user's home.</param>
/// <param name="end">Ends the daemon that runs for the home, if one does; with false only where no init system started it. Machines go on.</param>
internal sealed class DaemonInstallation(InitSystem init, ICommandRunner runner, Action<StatePaths, bool> end)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <summary>Writes the files and has the daemon started by them. The second time nothing changes.</summary>
    /// <returns>The files, each with what became of it.</returns>
    /// <exception cref="QemuLabException">Something is in the way; its message says what has been written.</exception>
    public async Task<IReadOnlyList<(string Path, FileChange Change)>> InstallAsync(HostedDaemon daemon)
    {
        StateHome.CheckSocketPath(daemon.Paths.DaemonSocket);
        IReadOnlyList<HostedFile> files = init.FilesFor(daemon);
        EnsureOurs(files, "nothing was written");
        await EnsureThereAsync(daemon.IsSystem);
        bool isKnown = files.Any(file => file.Present is not null);
        bool isCurrent = files.All(file => file.Present == file.Text);

        // A daemon that a command started would go on beside the socket that takes its place.
        end(daemon.Paths, !isCurrent);
        if (isCurrent && await init.IsStartedAsync(daemon.IsSystem))
        {
            return [.. files.Select(file => (file.Path, FileChange.Unchanged))];
        }

        if (!isCurrent)
        {
            if (isKnown)
            {
                // It refuses what it has never loaded; where it goes on listening, the next line tells.
                await RefusalAsync(init.BeforeRewriting(daemon.IsSystem));
            }

            EnsureSocketFree(daemon);
        }

        await MakeHomeAsync(daemon);
        (string, FileChange)[] changes = [.. files.Select(file => (file.Path, Write(file)))];
        return await RefusalAsync(init.AfterWriting(daemon.IsSystem)) is not { } refusal ? changes : throw new QemuLabException(
            ErrorKind.Failed, "init-refused", $"the files are written ({Names(files)}), but {init.Name} does not start the daemon by them: {refusal}", "when that is mended, install again; to take it back: qemulab service uninstall");
    }

    /// <summary>Removes what <see cref="InstallAsync"/> wrote; nothing happens where nothing is there. Machines go on.</summary>
    /// <returns>The files that are gone now.</returns>
    public async Task<IReadOnlyList<(string Path, FileChange Change)>> UninstallAsync(HostedDaemon daemon)
    {
        HostedFile[] files = [.. init.FilesFor(daemon).Where(file => file.Present is not null)];
        EnsureOurs(files, "nothing was removed");
        if (files.Length == 0)
        {
            return [];
        }

        // Asked first: at work it says so, and systemd would end it all the same.
        end(init.HomeOf(files) is { } home ? new StatePaths(home) : daemon.Paths, true);
        string? absence = await init.AbsenceAsync(daemon.IsSystem);
        string? refusal = absence ?? await RefusalAsync(init.BeforeRemoving(daemon.IsSystem));
        foreach (HostedFile file in files)
        {
            File.Delete(file.Path);
        }

        string? last = absence is null ? await RefusalAsync(init.AfterRemoving(daemon.IsSystem)) : null;
        refusal ??= last;
        return refusal is null ? [.. files.Select(file => (file.Path, FileChange.Removed))] : throw new QemuLabException(
            ErrorKind.Failed, absence is null ? "init-refused" : "init-absent", $"the files are removed ({Names(files)}), but {init.Name} did not take it well: {refusal}", "what it may still hold goes with its next start");
    }

    private static void EnsureOurs(IEnumerable<HostedFile> files, string soFar)
    {
        if (files.FirstOrDefault(file => file.IsForeign) is { } foreign)
        {
            throw new QemuLabException(ErrorKind.Conflict, "unit-foreign", $"{foreign.Path} is there and was not written by qemulab; {soFar}", "see what it is for, and move it away");
        }
    }

    private async Task EnsureThereAsync(bool isSystem)
    {
        if (await init.AbsenceAsync(isSystem) is { } absence)
        {
            string hint = isSystem
                ? "without it commands start the daemon by themselves; to see the files: add --dry-run"
                : "log in to a session of your own (not by su or sudo), or install for the host: sudo qemulab service install --system; without either commands start the daemon by themselves";
            throw new QemuLabException(ErrorKind.Failed, "init-absent", $"{init.Name} does not answer, nothing was written: {absence}", hint);
        }
    }

    /// <summary>No daemon runs, and our own older units listen no longer.</summary>
    private static void EnsureSocketFree(HostedDaemon daemon)
    {
        if (StateHome.Answers(daemon.Paths))
        {
            throw new QemuLabException(
                ErrorKind.Conflict, "socket-taken", $"somebody else listens at {daemon.Paths.DaemonSocket}; nothing was written", "is there a service of the other kind for this home? See: qemulab service status");
        }
    }

    /// <summary>Systemd makes a socket's folder too, but as root.</summary>
    private async Task MakeHomeAsync(HostedDaemon daemon)
    {
        if (daemon.Account.Id == Engine.Networks.TapOwner.Current.Id)
        {
            StateHome.Prepare(daemon.Paths);
            return;
        }

        string id = daemon.Account.Id.ToString(System.Globalization.CultureInfo.InvariantCulture), group = daemon.Account.Group.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Command make = OperatingSystem.IsMacOS()
            ? new Command("sudo", "-u", daemon.Account.Name, "--", "mkdir", "-p", "-m", "700", daemon.Paths.Home)
            : new Command("setpriv", "--reuid=" + id, "--regid=" + group, "--init-groups", "--", "mkdir", "-p", "-m", "700", daemon.Paths.Home);
        CommandResult made = await runner.RunAsync(make);
        if (!made.Succeeded)
        {
            throw new QemuLabException(ErrorKind.Failed, "home-not-writable", $"{daemon.Account.Name} cannot make QemuLab's home {daemon.Paths.Home}, nothing was written: {made.Error.Trim()}", "set QEMULAB_HOME to a folder of that user");
        }
    }

    private static FileChange Write(HostedFile file)
    {
        string? before = file.Present;
        if (before == file.Text)
        {
            return FileChange.Unchanged;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file.Path)!);
        AtomicFile.Write(file.Path, file.Text, Readable);
        return before is null ? FileChange.Written : FileChange.Rewritten;
    }

    /// <summary>Runs the commands; what the first one that fails said, or null.</summary>
    private async Task<string?> RefusalAsync(IReadOnlyList<Command> commands)
    {
        foreach (Command command in commands)
        {
            if (await init.RefusalAsync(command) is { } words)
            {
                return $"{command}: {words}";
            }
        }

        return null;
    }

    private static string Names(IEnumerable<HostedFile> files) => string.Join(", ", files.Select(file => file.Path));
}
