using System.Runtime.InteropServices;
using QemuLab.Engine.Hosts;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// Finds the accelerator that really runs guest code, by running some. All candidates start at the same time, the
/// translator too, so that the answer takes no longer than one deadline even where everything hangs.
/// </summary>
/// <param name="runner">Runs QEMU.</param>
/// <param name="folder">Where the ROM is written, for as long as the probe runs: -bios takes no pipe.</param>
internal sealed class AcceleratorProbe(ICommandRunner runner, string folder)
{
    /// <summary>A good accelerator needs 50 ms.</summary>
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(2);

    /// <summary>What probe.asm assembles to.</summary>
    public static byte[] X64Code { get; } = ReadCode();

    /// <param name="qemu">The QEMU that will run the machines.</param>
    /// <param name="architecture">The host's.</param>
    /// <param name="device">What /dev/kvm looks like; null on macOS, where HVF is tried instead.</param>
    public async Task<AcceleratorFacts> RunAsync(string qemu, Architecture architecture, KvmAccess? device, CancellationToken cancellation = default)
    {
        ProbePayload payload = ProbePayload.For(architecture, X64Code);
        string rom = WriteRom(payload.Rom);
        try
        {
            return AcceleratorChoice.From(await TryAsync(payload, qemu, rom, Candidates(architecture, device), cancellation), device);
        }
        finally
        {
            File.Delete(rom);
        }
    }

    private string WriteRom(byte[] rom)
    {
        string name = $"probe-{Path.GetRandomFileName()}.rom";
        try
        {
            File.WriteAllBytes(Path.Combine(folder, name), rom);
            return Path.Combine(folder, name);
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
            // That the home cannot be written to is for the doctor to say; the question here has an answer all the same.
            string elsewhere = Path.Combine(Path.GetTempPath(), name);
            File.WriteAllBytes(elsewhere, rom);
            return elsewhere;
        }
    }

    private static IReadOnlyList<ProbeCandidate> Candidates(Architecture architecture, KvmAccess? device) =>
    [
        .. device switch
        {
            null => ProbeCandidate.Hvf,
            KvmAccess.Usable => architecture == Architecture.Arm64 ? ProbeCandidate.KvmOnArm64 : ProbeCandidate.KvmOnX64,
            _ => [],
        },
        ProbeCandidate.Translator,
    ];

    /// <summary>The verdicts in the order of preference, up to the first good one; what is then still running is ended.</summary>
    private async Task<IReadOnlyList<ProbeVerdict>> TryAsync(
        ProbePayload payload, string qemu, string rom, IReadOnlyList<ProbeCandidate> candidates, CancellationToken cancellation)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task<CommandResult>[] runs = [.. candidates.Select(candidate => runner.RunAsync(
            new Command(qemu, payload.Arguments(candidate, rom)) { TimeLimit = Deadline }, enough.Token))];
        List<ProbeVerdict> verdicts = [];
        try
        {
            foreach ((ProbeCandidate candidate, Task<CommandResult> run) in candidates.Zip(runs))
            {
                verdicts.Add(ProbeVerdict.Of(payload, candidate, await run));
                if (verdicts[^1].IsGood)
                {
                    break;
                }
            }
        }
        finally
        {
            await enough.CancelAsync();
            await Task.WhenAll((IEnumerable<Task>)runs).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        return verdicts;
    }

    private static byte[] ReadCode()
    {
        using Stream resource = typeof(AcceleratorProbe).Assembly.GetManifestResourceStream("probe/x86_64.bin")!;
        byte[] code = new byte[resource.Length];
        resource.ReadExactly(code);
        return code;
    }
}
