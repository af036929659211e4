using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class SampleTests
{
    [Theory]
    [InlineData("lab", "gateway 10.77.0.10, control0 10.77.0.11, worker0 10.77.0.21")]
    [InlineData("micro", "gateway 10.78.0.10, control0 10.78.0.11, worker0 10.78.0.21")]
    [InlineData("kubernetes", "gateway 10.77.0.10, control0 10.77.0.11, control1 10.77.0.12, control2 10.77.0.13, worker0 10.77.0.14, worker1 10.77.0.15, worker2 10.77.0.16")]
    [InlineData("single", "machine ")]
    public void A_sample_reads_without_a_word(string name, string machines)
    {
        string path = Path.Combine(LabFiles.Repository, "cloud-init", name + ".yaml");

        LabReading reading = LabReader.Read(LabSourceLoader.Load(path, []), LabFiles.Images);

        Assert.Equal("", LabFiles.Text(reading));
        Assert.Equal(machines, string.Join(", ", reading.LabOrThrow().Machines.Select(machine => $"{machine.Name} {machine.Address}")));
        Assert.StartsWith("# yaml-language-server: $schema=lab.schema.json\n", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_samples_have_commented_out_reads_too()
    {
        string text = File.ReadAllText(Path.Combine(LabFiles.Repository, "cloud-init/lab.yaml"))
            .Replace("    # machines:", "    machines:", StringComparison.Ordinal)
            .Replace("    #   ", "      ", StringComparison.Ordinal)
            .Replace("    # userData:", "    userData:", StringComparison.Ordinal);

        Lab lab = LabFiles.Lab(text);

        Assert.Equal(8080, Assert.Single(lab.Machines[2].Ports).HostPort);
        Assert.Contains("echo \"worker0 at ${machine.address}\" > ${HOME}/who-am-i", lab.Machines[2].UserData[0].Text, StringComparison.Ordinal);
    }
}
