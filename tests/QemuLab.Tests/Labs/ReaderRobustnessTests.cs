using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class ReaderRobustnessTests
{
    private const string Marks = "{}[]:,-#&*!|>'\"%@`~?$\t\n ";

    /// <summary>Damaged in every way that a slip of the fingers can: the answer is a reading, never an exception.</summary>
    [Theory]
    [InlineData("lab")]
    [InlineData("micro")]
    [InlineData("../tests/QemuLab.Tests/cases/broken/values")]
    [InlineData("../tests/QemuLab.Tests/cases/broken/user-data")]
    public void No_text_makes_the_reader_throw(string name)
    {
        string text = File.ReadAllText(Path.Combine(LabFiles.Repository, "cloud-init", name + ".yaml"));
        Random random = new(77);
        for (int round = 0; round < 1500; round++)
        {
            int at = random.Next(text.Length);
            string mark = Marks[random.Next(Marks.Length)].ToString();
            string damaged = random.Next(3) switch
            {
                0 => text.Insert(at, mark),
                1 => text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at)),
                _ => text[..at] + mark,
            };

            LabReading reading = LabFiles.Read(damaged);

            Assert.True(reading.Lab is not null || reading.Diagnostics.Count > 0, damaged);
            Assert.All(reading.Diagnostics, fault => Assert.True(fault.Line >= 1 && fault.Column >= 1, fault.ToString()));
        }
    }
    /// <summary>The time is a bound against quadratic reading, far above what is needed.</summary>
    [Theory(Timeout = 20_000)]
    [InlineData("", "key{0}: 1\n")]
    [InlineData("", "key: 1\n")]
    [InlineData("groups:\n", "  g{0}: {{ count: 250 }}\n")]
    [InlineData("name: x\nimage: micro\ngroups:\n  a:\n    count: 250\n    ports:\n", "    - 1{0}:80\n")]
    [InlineData("name: x\nimage: micro\nparameters: { p: 1 }\ngroups:\n  a:\n    count: 250\n    qemuArgs:\n", "    - ${{p}}\n")]
    [InlineData("name: x\nimage: micro\nparameters: { p: 1 }\ngroups:\n  a:\n    count: 10\n    userData: |\n      #cloud-config\n", "      k{0}: ${{parameters.p}} ${{machine.name}}\n")]
    [InlineData("a: \"", "${{x}}")]
    [InlineData("", "a{0}: &b{0} [*b]\n")]
    [InlineData("", "? ")]
    [InlineData("", "\t")]
    [InlineData("x: ", "!")]
    public async Task A_megabyte_of_anything_is_read_in_seconds(string beginning, string line)
    {
        System.Text.StringBuilder text = new(beginning);
        for (int i = 0; text.Length < LabReader.MaximumCharacters - 100; i++)
        {
            text.Append(string.Format(System.Globalization.CultureInfo.InvariantCulture, line, i));
        }

        LabReading reading = await Task.Run(() => LabFiles.Read(text.ToString()));

        Assert.True(reading.Lab is not null || reading.Diagnostics.Count > 0);
    }
}
