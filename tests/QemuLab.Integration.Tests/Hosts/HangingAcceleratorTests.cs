using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Integration.Tests.Hosts;

public sealed class HangingAcceleratorTests
{
    [Fact]
    public async Task A_QEMU_that_hangs_under_every_accelerator_is_given_up_after_one_deadline_for_all_and_ended()
    {
        using var scratch = new Scratch();
        string qemu = scratch.File("qemu");
        string pids = scratch.File("pids"), met = scratch.File("met");
        await File.WriteAllTextAsync(qemu, $"#!/bin/sh\necho $$ >>'{pids}'\nprintf RPTGLHUWFN\nwhile [ $(wc -l <'{pids}') -lt 4 ]; do sleep 0.05; done\ntouch '{met}'\nexec sleep 1000\n");
        File.SetUnixFileMode(qemu, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await new CommandRunner().RunAsync(new Command("true"));

        AcceleratorFacts facts = await new AcceleratorProbe(new CommandRunner(), scratch.Path).RunAsync(qemu, Architecture.X64, KvmAccess.Usable);

        Assert.True(File.Exists(met), "they did not all run at one time");
        Assert.Contains("stopped at stage X (SSE)", facts.FallbackReason, StringComparison.Ordinal);
        string[] started = await File.ReadAllLinesAsync(pids);
        Assert.Equal(4, started.Length);
        Assert.All(started, pid => Assert.Null(ProcessIdentity.Of(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture))));
    }
}
