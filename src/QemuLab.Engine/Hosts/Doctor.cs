namespace QemuLab.Engine.Hosts;

/// <summary>Looks at the host and says what is missing, each with the command that brings it.</summary>
public static class Doctor
{
    private static readonly string[] Programs =
    [
        "ssh", "ssh-keygen", "qemu-img", "apt-get", "dnf", "pacman", "zypper",
        .. BuilderTools.All.SelectMany(builder => builder.Tools).Concat(BuilderTools.ForNamespaces).Select(tool => tool.Program),
    ];

    public static async Task<IReadOnlyList<DoctorCheck>> ExamineAsync(HostFacts facts, StatePaths paths, ICommandRunner runner, CancellationToken cancellation = default)
    {
        var search = new ProgramSearch(Environment.GetEnvironmentVariable("PATH"));
        HashSet<string> found = [.. Programs.Where(program => search.Find(program) is not null)];
        if (search.Find(QemuRequirement.ProgramFor(facts.Architecture), "/usr/libexec/qemu-kvm") is not null)
        {
            found.Add(QemuRequirement.ProgramFor(facts.Architecture));
        }

        string user = Environment.UserName;
        return Checks(facts, new DoctorFindings
        {
            Home = paths.Home,
            HomeFault = HomeFault(paths.Home),
            Programs = found,
            Packages = Packages.Of(found, facts.Platform),
            User = user,
            IsRoot = Environment.IsPrivilegedProcess,
            NamespaceFault = facts.Platform == HostPlatform.Linux ? await NamespaceFaultAsync(runner, cancellation) : null,
            HasSubordinateIds = HasRange("/etc/subuid", user) && HasRange("/etc/subgid", user),
        });
    }

    /// <summary>Pure: the same facts and findings give the same answers.</summary>
    internal static IReadOnlyList<DoctorCheck> Checks(HostFacts facts, DoctorFindings findings) =>
    [
        DoctorQemuChecks.Qemu(facts, findings),
        DoctorQemuChecks.QemuImg(facts, findings),
        DoctorQemuChecks.Accelerator(facts),
        DoctorQemuChecks.Firmware(facts, findings),
        .. DoctorHostChecks.Ssh(findings),
        DoctorHostChecks.Memory(facts),
        DoctorHostChecks.Cores(facts),
        DoctorHostChecks.Disk(facts, findings),
        DoctorHostChecks.Home(findings),
        .. DoctorHostChecks.Limits(facts),
        DoctorHostChecks.SocketPaths(facts, findings),
        DoctorHostChecks.Bridges(facts),
        .. DoctorBuilderChecks.All(facts, findings),
    ];

    private static string? HomeFault(string home)
    {
        string probe = Path.Combine(home, $".doctor-{Path.GetRandomFileName()}");
        try
        {
            Directory.CreateDirectory(home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(probe, "");
            File.Delete(probe);
            return null;
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return fault.Message;
        }
    }

    private static async Task<string?> NamespaceFaultAsync(ICommandRunner runner, CancellationToken cancellation)
    {
        try
        {
            var command = new Command("unshare", "--user", "--map-root-user", "true") { TimeLimit = TimeSpan.FromSeconds(5) };
            CommandResult result = await runner.RunAsync(command, cancellation);
            return result.Succeeded ? null : result.Error.Trim();
        }
        catch (CommandNotFoundException missing)
        {
            return missing.Message;
        }
    }

    private static bool HasRange(string file, string user)
    {
        try
        {
            return File.ReadLines(file).Any(line => line.StartsWith(user + ":", StringComparison.Ordinal));
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
