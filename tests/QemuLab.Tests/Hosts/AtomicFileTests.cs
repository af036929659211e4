using QemuLab.Engine.Hosts;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Hosts;

public sealed class AtomicFileTests : IDisposable
{
    private readonly TemporaryDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_file_is_replaced_whole_and_private_and_nothing_lies_beside_it()
    {
        string path = directory.File("machine.json");
        AtomicFile.Write(path, "a long first content");
        AtomicFile.Write(path, "é");

        Assert.Equal([0xc3, 0xa9], File.ReadAllBytes(path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public void A_mode_is_set_whatever_the_umask()
    {
        const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupWrite | UnixFileMode.OtherWrite;
        AtomicFile.Write(directory.File("x"), "", Mode);

        Assert.Equal(Mode, File.GetUnixFileMode(directory.File("x")));
    }

    [Fact]
    public void A_failure_leaves_neither_file_nor_rest()
    {
        string path = directory.File("taken");
        Directory.CreateDirectory(path);

        Assert.ThrowsAny<Exception>(() => AtomicFile.Write(path, "x"));

        Assert.Equal([path], Directory.GetFileSystemEntries(directory.Path));
    }

    [Fact]
    public void Of_all_that_place_a_file_at_once_one_succeeds_and_its_file_stays()
    {
        for (int round = 0; round < 100; round++)
        {
            string path = directory.File($"place{round}");
            string[] finished = [.. Enumerable.Range(0, 8).Select(number => directory.File($"round{round}-{number}"))];
            Array.ForEach(finished, file => AtomicFile.Write(file, file));

            string[] placed = [.. finished.AsParallel().WithDegreeOfParallelism(finished.Length).WithExecutionMode(ParallelExecutionMode.ForceParallelism).Where(file => AtomicFile.TryPlace(file, path))];

            Assert.Equal(File.ReadAllText(path), Assert.Single(placed));
        }
    }

    [Fact]
    public void A_place_in_a_folder_that_is_not_there_is_told_with_its_path()
    {
        AtomicFile.Write(directory.File("made"), "x");

        IOException refused = Assert.ThrowsAny<IOException>(() => AtomicFile.TryPlace(directory.File("made"), directory.File("none/made")));

        Assert.Equal($"{directory.File("none/made")} could not be made: No such file or directory", refused.Message);
    }
}
