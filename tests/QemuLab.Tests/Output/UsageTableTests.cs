using QemuLab.Api;
using QemuLab.Output;

namespace QemuLab.Tests.Output;

public class UsageTableTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void Two_looks_are_a_rate()
    {
        MachineUsageView[] before = [At(0, "a", 10, 0, 100), At(0, "b", 5, 0, 0)];
        MachineUsageView[] now = [At(2, "a", 13, 4 * 1024 * 1024, 300), At(2, "c", 1, 0, 0)];

        IReadOnlyList<MachineRatesView> rates = UsageTable.Rates(before, now);

        Assert.Equal([new MachineRatesView("l", "a", 1.5, 128 << 20, 2 * 1024 * 1024, null, 100, 0)], rates);
        Assert.Equal(
            "NAME    CPU   MEMORY   READ/S   WRITTEN/S   RECEIVED/S   SENT/S\na      150%   128MiB   2.0MiB          --         100B       0B\n",
            UsageTable.Render(rates, null));
        Assert.Equal("NAME    CPU   MEMORY   READ/S\na      150%   128MiB   2.0MiB\n", UsageTable.Render(rates, 30));
    }

    [Fact]
    public void A_machine_that_was_started_anew_has_no_rate_yet() =>
        Assert.Empty(UsageTable.Rates([At(0, "a", 100, 0, 0)], [At(2, "a", 1, 0, 0)]));

    [Theory]
    [InlineData(0, "0B")]
    [InlineData(999, "999B")]
    [InlineData(1000, "1.0KiB")]
    [InlineData(10_189, "10KiB")]
    [InlineData(1_500_000, "1.4MiB")]
    [InlineData(5_000_000_000, "4.7GiB")]
    public void Bytes_are_short(double bytes, string text) => Assert.Equal(text, UsageTable.Bytes(bytes));

    private static MachineUsageView At(double seconds, string name, double cpu, long read, long received) =>
        new("l", name, Start.AddSeconds(seconds), cpu, 128 << 20, read, null, received, 0);
}
