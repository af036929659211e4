using QemuLab.Engine.Images;

namespace QemuLab.Tests.Fakes;

/// <summary>What was reported, in order; unlike Progress, at once.</summary>
internal sealed class ProgressLog : IProgress<ImageProgress>
{
    private readonly Lock gate = new();
    private readonly List<ImageProgress> reports = [];

    public IReadOnlyList<ImageProgress> Reports
    {
        get
        {
            lock (gate)
            {
                return [.. reports];
            }
        }
    }

    public void Report(ImageProgress value)
    {
        lock (gate)
        {
            reports.Add(value);
        }
    }
}
