using QemuLab.Engine;
using QemuLab.Engine.Labs;

namespace QemuLab.Tests.Labs;

public sealed class LabSourceLoaderTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("qemulab-").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    private string Write(string name, string text)
    {
        string path = Path.Combine(folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static QemuLabException Refused(string path) => Assert.Throws<QemuLabException>(() => LabSourceLoader.Load(path, []));

    [Fact]
    public void The_files_that_the_lab_names_come_with_it()
    {
        Write("a.yaml", "#cloud-config\n");
        string path = Write("lab.yaml", "\uFEFF" + LabFiles.OneMachine("userData: a.yaml"));

        LabSource source = LabSourceLoader.Load(path, ["name=y"]);

        Assert.Equal((path, folder, "#cloud-config\n"), (source.DisplayPath, source.BaseDirectory, source.Files["a.yaml"].Text));
        Assert.Equal("y", LabReader.Read(source, LabFiles.Images).LabOrThrow().Name.Value);
    }

    [Fact]
    public void A_missing_lab_file_is_refused_with_the_nearest_name()
    {
        Write("micro.yaml", "");

        QemuLabException e = Refused(Path.Combine(folder, "mikro.yaml"));

        Assert.Equal((ErrorKind.Usage, "lab-file-unreadable"), (e.Kind, e.Code));
        Assert.EndsWith("mikro.yaml: no such file", e.Message, StringComparison.Ordinal);
        Assert.Equal("there is a file micro.yaml in that folder", e.Hint);
    }

    [Fact]
    public void A_folder_is_refused_with_the_file_in_it()
    {
        Write("lab.yaml", "");

        QemuLabException e = Refused(folder);

        Assert.EndsWith("a folder, not a file", e.Message, StringComparison.Ordinal);
        Assert.Equal($"name the file in it: {folder}/lab.yaml", e.Hint);
    }

    [Fact]
    public void A_lab_file_of_ten_megabytes_is_refused() =>
        Assert.EndsWith("larger than 1 MiB", Refused(Write("lab.yaml", new string('#', 10 << 20))).Message, StringComparison.Ordinal);

    [Fact]
    public void What_is_not_text_is_refused()
    {
        string path = Path.Combine(folder, "lab.yaml");
        File.WriteAllBytes(path, [0xFF, 0xFE, 0x00, 0x80]);

        Assert.EndsWith("not UTF-8 text", Refused(path).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("missing.yaml", "'missing.yaml': no such file")]
    [InlineData(".", "'.': a folder, not a file")]
    [InlineData("/dev/zero", "'/dev/zero': larger than 1 MiB")]
    public void A_user_data_file_that_cannot_be_read_is_a_fault_where_it_is_named(string name, string fault)
    {
        LabSource source = LabSourceLoader.Load(Write("lab.yaml", LabFiles.OneMachine($"userData: {name}")), []) with { DisplayPath = "lab.yaml" };

        Assert.Equal($"lab.yaml:5:15: userData: {fault}", LabFiles.Text(LabReader.Read(source, LabFiles.Images)));
    }
}
