using QemuLab.Engine.Labs;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Labs;

/// <summary>Every broken file of <c>cases/broken</c> gives exactly the diagnostics of the text beside it.</summary>
public sealed class BrokenLabTests
{
    private static readonly string Folder = Path.Combine(LabFiles.Repository, "tests/QemuLab.Tests/cases/broken");

    public static TheoryData<string> Files() =>
        [.. Directory.EnumerateFiles(Folder, "*.yaml").Select(path => Path.GetFileNameWithoutExtension(path)).Order(StringComparer.Ordinal)];

    [Theory]
    [Trait("Category", "golden")]
    [MemberData(nameof(Files))]
    public void A_broken_file_gives_exactly_its_diagnostics(string name)
    {
        LabSource source = LabSourceLoader.Load(Path.Combine(Folder, name + ".yaml"), []) with { DisplayPath = name + ".yaml" };

        LabReading reading = LabReader.Read(source, LabFiles.Images);

        Golden.Matches(Path.Combine(Folder, name + ".txt"), LabFiles.Text(reading) + "\n");
        Assert.Equal(reading.Diagnostics.All(fault => fault.Severity == Severity.Warning), reading.Lab is not null);
    }

    [Fact]
    public void Ten_faults_give_ten_lines() =>
        Assert.Equal(10, File.ReadAllLines(Path.Combine(Folder, "ten-faults.txt")).Length);

    [Fact]
    public void A_secret_is_not_in_any_diagnostic() =>
        Assert.All(Directory.EnumerateFiles(Folder, "*.txt"), path => Assert.DoesNotContain("hunter2", File.ReadAllText(path), StringComparison.Ordinal));
}
