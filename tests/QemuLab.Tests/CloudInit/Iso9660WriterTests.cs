using System.Text;
using QemuLab.Engine.CloudInit;

namespace QemuLab.Tests.CloudInit;

public sealed class Iso9660WriterTests
{
    private static IsoFile File(string name, int size) => new(name, Enumerable.Range(0, size).Select(i => (byte)(i * 31)).ToArray());

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2047)]
    [InlineData(2048)]
    [InlineData(2049)]
    [InlineData(200_000)]
    public void Every_name_space_gives_the_files_back_whatever_their_size(int size)
    {
        IsoFile[] files = [File("user-data", size), File("meta-data", 40), File("network-config", 2048), File("vendor-data", 0)];

        byte[] image = Iso9660Writer.Write("cidata", files);

        var reader = new IsoReader(image);
        Assert.Equal(0, image.Length % 2048);
        Assert.Equal(image.Length / 2048, BitConverter.ToInt32(image, (16 * 2048) + 80));
        Assert.Equal(("cidata", "cidata"), (reader.Label(16), reader.Label(17)));
        Assert.Equal(["META_DAT.;1", "NETWORK_.;1", "USER_DAT.;1", "VENDOR_D.;1"], reader.Root(16).Skip(2).Select(file => file.Name));
        foreach (IsoFile file in files)
        {
            Assert.Equal(file.Content.ToArray(), Assert.Single(reader.Root(16), found => found.RockRidgeName == file.Name).Content);
            Assert.Equal(file.Content.ToArray(), Assert.Single(reader.Root(17), found => found.Name == file.Name).Content);
        }
    }

    [Fact]
    public void A_folder_of_many_files_goes_over_several_sectors_and_no_record_crosses_one()
    {
        IsoFile[] files = [.. Enumerable.Range(0, 100).Select(i => File($"a-rather-long-name-of-a-file-{i:000}.txt", i))];

        var reader = new IsoReader(Iso9660Writer.Write("many", files));

        foreach (int descriptor in (int[])[16, 17])
        {
            IReadOnlyList<IsoReader.Found> found = reader.Root(descriptor);
            Assert.Equal(102, found.Count);
            Assert.Equal(102, found.Select(file => file.Name).Distinct().Count());
            Assert.Equal(found.Skip(2).Select(file => file.Name).Order(StringComparer.Ordinal), found.Skip(2).Select(file => file.Name));
            Assert.All(found, file => Assert.True(file.Record % 2048 < 2048 - 34));
        }
    }

    [Fact]
    public void The_same_files_give_the_same_bytes_wherever_and_whenever()
    {
        string folder = Environment.CurrentDirectory;
        string? zone = Environment.GetEnvironmentVariable("TZ");
        byte[] first = SeedImage.Build(SeedPlans.Seed());
        try
        {
            Environment.CurrentDirectory = "/";
            Environment.SetEnvironmentVariable("TZ", "Pacific/Auckland");
            TimeZoneInfo.ClearCachedData();
            Assert.Equal(first, SeedImage.Build(SeedPlans.Seed()));
        }
        finally
        {
            Environment.CurrentDirectory = folder;
            Environment.SetEnvironmentVariable("TZ", zone);
            TimeZoneInfo.ClearCachedData();
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("ä")]
    [InlineData("twice")]
    public void A_name_that_cannot_be_written_is_refused(string name) =>
        Assert.Throws<ArgumentException>(() => Iso9660Writer.Write("x", [File("twice", 1), File(name, 1)]));

    [Fact]
    public void The_seed_has_the_four_files_of_NoCloud()
    {
        SeedContent seed = SeedPlans.Seed();

        IReadOnlyList<IsoReader.Found> files = new IsoReader(SeedImage.Build(seed)).Root(16);

        Assert.Equal(["meta-data", "network-config", "user-data", "vendor-data"], files.Skip(2).Select(file => file.RockRidgeName));
        Assert.Equal(seed.UserData, Encoding.UTF8.GetString(files.Single(file => file.RockRidgeName == "user-data").Content));
    }
}
