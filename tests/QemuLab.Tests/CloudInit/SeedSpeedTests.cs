using System.Diagnostics;
using System.Globalization;
using QemuLab.Engine.CloudInit;

namespace QemuLab.Tests.CloudInit;

/// <summary>Says how long a seed takes; tests/bench compares it with its goal. The limit here only catches another order of magnitude.</summary>
[Trait("Category", "bench")]
public sealed class SeedSpeedTests(ITestOutputHelper output)
{
    private const int Rounds = 200;

    [Fact]
    public void From_documents_to_the_disc_is_a_matter_of_milliseconds()
    {
        double[] milliseconds = new double[Rounds];
        for (int round = -Rounds; round < Rounds; round++)
        {
            long began = Stopwatch.GetTimestamp();
            SeedImage.Build(SeedPlans.Seed("#cloud-config\npackages: [curl]\n", "#cloud-config\nruncmd: [[true]]\n"));
            milliseconds[Math.Max(0, round)] = Stopwatch.GetElapsedTime(began).TotalMilliseconds;
        }

        Array.Sort(milliseconds);
        double median = milliseconds[Rounds / 2];
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed: {median:0.000} ms"));
        Assert.InRange(median, 0, 50);
    }
}
