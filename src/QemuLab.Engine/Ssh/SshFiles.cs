using System.Collections.Concurrent;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Ssh;

/// <summary>The files that make logins work without a question: the user's key, each machine's host key, and a lab's known_hosts and ssh_config.</summary>
public sealed class SshFiles(StatePaths paths, ICommandRunner runner)
{
    /// <summary>A key takes ssh-keygen and some milliseconds; more than this at once only get in each other's way.</summary>
    private const int KeysAtOnce = 8;

    /// <summary>The machine's host key, in its own folder: made once, kept as long as the machine is.</summary>
    /// <exception cref="QemuLabException">It can be neither made nor read.</exception>
    public Task<HostKeyPair> HostKeyAsync(MachinePlan plan, CancellationToken cancellation = default) =>
        KeyFile.EnsureAsync(plan.Directory.HostKey, "", runner, cancellation);

    /// <summary>The public key that may log in to every machine, one line.</summary>
    /// <exception cref="QemuLabException">It can be neither made nor read.</exception>
    public async Task<string> AuthorizedKeyAsync(CancellationToken cancellation = default) =>
        (await SshKeyPair.EnsureAsync(paths.SshKey, runner, cancellation)).PublicKey;

    /// <summary>Writes known_hosts and ssh_config for the whole lab, with the host keys of all its machines.</summary>
    /// <exception cref="QemuLabException">A key can be neither made nor read.</exception>
    public async Task WriteAsync(LabPlan lab, CancellationToken cancellation = default)
    {
        var keys = new ConcurrentDictionary<string, string>(StringComparer.Ordinal);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = KeysAtOnce, CancellationToken = cancellation };
        await Parallel.ForEachAsync(lab.Machines, parallel, async (machine, token) => keys[machine.Name] = (await HostKeyAsync(machine, token)).PublicKey);

        Directory.CreateDirectory(paths.Lab(lab.Name), AtomicFile.Private | UnixFileMode.UserExecute);
        AtomicFile.Update(paths.KnownHosts(lab.Name), KnownHosts.Text(lab.Machines.Select(machine => (machine, keys[machine.Name]))));
        AtomicFile.Update(paths.SshConfig(lab.Name), SshConfig.Text(lab, paths));
    }
}
