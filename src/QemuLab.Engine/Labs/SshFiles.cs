using QemuLab.Engine.Hosts;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Ssh;

namespace QemuLab.Engine.Labs;

/// <summary>What OpenSSH needs to log in to a lab's machines: keys, known_hosts and a configuration file.</summary>
internal sealed class SshFiles(StatePaths paths, ICommandRunner runner)
{
    private readonly HostKeyStore hostKeys = new(runner);

    /// <summary>Writes known_hosts and ssh_config for the lab, making the keys that are missing.</summary>
    public async Task WriteAsync(LabPlan plan, CancellationToken cancellation)
    {
        await AuthorizedKeyAsync(cancellation);
        HostKeyPair[] keys = await Task.WhenAll(plan.Machines.Select(machine => HostKeyAsync(machine, cancellation)));
        await KnownHosts.WriteAsync(paths.KnownHosts(plan.Name), plan.Machines.Zip(keys, (machine, key) => (machine, key.PublicKey)), cancellation);
        await SshConfig.WriteAsync(plan, paths, cancellation);
    }

    /// <summary>The machine's host key, made before its first boot.</summary>
    public Task<HostKeyPair> HostKeyAsync(MachinePlan machine, CancellationToken cancellation) => hostKeys.EnsureAsync(machine.Directory, cancellation);

    /// <summary>The public key that every machine lets in: QemuLab's own, one a user.</summary>
    public async Task<string> AuthorizedKeyAsync(CancellationToken cancellation) => (await SshKeyPair.EnsureAsync(paths.SshKey, runner, cancellation)).PublicKey;

    /// <summary>Ends the shared connection to a machine, if there is one.</summary>
    public Task CloseMasterAsync(MachinePlan machine, CancellationToken cancellation) =>
        File.Exists(machine.Directory.SshMaster)
            ? runner.RunAsync(SshCommand.CloseMaster(paths.SshConfig(machine.Lab), machine.Name), cancellation)
            : Task.CompletedTask;
}
