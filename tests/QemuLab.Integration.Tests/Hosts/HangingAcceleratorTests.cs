using System.Diagnostics;
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
        string pids = scratch.File("pids");
        await File.WriteAllTextAsync(qemu, $"#!/bin/sh\necho $$ >>'{pids}'\nprintf RPTGLHUWFN\nexec sleep 1000\n");
        File.SetUnixFileMode(qemu, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        await new CommandRunner().RunAsync(new Command("true"));
        long start = Stopwatch.GetTimestamp();

        AcceleratorFacts facts = await new AcceleratorProbe(new CommandRunner(), scratch.Path).RunAsync(qemu, Architecture.X64, KvmAccess.Usable);

        // One after another they would take four deadlines.
        Assert.InRange(Stopwatch.GetElapsedTime(start), AcceleratorProbe.Deadline, 2 * AcceleratorProbe.Deadline);
        Assert.Contains("stopped at stage X (SSE)", facts.FallbackReason, StringComparison.Ordinal);
        string[] started = await File.ReadAllLinesAsync(pids);
        Assert.Equal(4, started.Length);
        Assert.All(started, pid => Assert.Null(ProcessIdentity.Of(int.Parse(pid, System.Globalization.CultureInfo.InvariantCulture))));
    }
}
