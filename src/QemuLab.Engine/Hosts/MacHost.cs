using System.Globalization;
using System.Text.RegularExpressions;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Hosts;

/// <summary>What macOS tells only through its programs. Not verified on a Mac: the parsing is tested with outputs as documented.</summary>
internal sealed partial class MacHost(ICommandRunner runner)
{
    /// <summary>The kernel's release, and a text that is another one after each boot.</summary>
    public async Task<(string KernelRelease, string Boot)> KernelAsync(CancellationToken cancellation)
    {
        string[] values = (await OutputAsync(new Command("sysctl", "-n", "kern.osrelease", "kern.bootsessionuuid"), cancellation))
            .Split('\n', StringSplitOptions.TrimEntries);
        return (values[0], values.ElementAtOrDefault(1) ?? "");
    }

    public async Task<MemoryFacts> MemoryAsync(CancellationToken cancellation)
    {
        Task<string> total = OutputAsync(new Command("sysctl", "-n", "hw.memsize"), cancellation);
        Task<string> pages = OutputAsync(new Command("vm_stat"), cancellation);
        return ParseMemory(await total, await pages);
    }

    /// <summary>Free, inactive and speculative pages can be had without swapping.</summary>
    internal static MemoryFacts ParseMemory(string total, string pages)
    {
        long size = PageSize().Match(pages) is { Success: true } match ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 4096;
        long count = AvailablePages().Matches(pages).Sum(line => long.Parse(line.Groups[1].ValueSpan, CultureInfo.InvariantCulture));
        long bytes = long.TryParse(total.Trim(), CultureInfo.InvariantCulture, out long parsed) ? parsed : 0;
        return new MemoryFacts(new ByteSize(bytes), new ByteSize(Math.Min(bytes, count * size)));
    }

    private async Task<string> OutputAsync(Command command, CancellationToken cancellation) => (await runner.RunAsync(command, cancellation)).Output;

    [GeneratedRegex(@"page size of (\d+) bytes")]
    private static partial Regex PageSize();

    [GeneratedRegex(@"^Pages (?:free|inactive|speculative):\s+(\d+)", RegexOptions.Multiline)]
    private static partial Regex AvailablePages();
}
