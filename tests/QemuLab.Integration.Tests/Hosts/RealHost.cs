using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Hosts;

/// <summary>This machine, probed once for all tests that need it.</summary>
internal static class RealHost
{
    private static readonly Lazy<Task<HostFacts>> Probed = new(async () =>
    {
        using var scratch = new Scratch();
        return await HostProbe.ProbeAsync(new StatePaths(scratch.Path), new CommandRunner(), new NetworkRights(new CommandRunner()));
    });

    /// <summary>Skips the test where there is no QEMU.</summary>
    public static async Task<HostFacts> WithQemuAsync()
    {
        HostFacts facts = await Probed.Value;
        Assert.SkipWhen(facts.Qemu is null, "needs QEMU: sudo apt-get install -y qemu-system-x86 qemu-utils");
        return facts;
    }
}
