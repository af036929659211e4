using System.Runtime.InteropServices;
using QemuLab.Engine;
using QemuLab.Engine.Images;
using QemuLab.Tests.Fakes;

namespace QemuLab.Tests.Images;

public sealed class ImageCatalogTests : IDisposable
{
    private readonly TemporaryDirectory folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_users_image_is_found_and_wins_over_one_of_the_same_name()
    {
        File.WriteAllText(folder.File("mine.yaml"), ImageFileTests.Good.Replace("one line", "my own", StringComparison.Ordinal));
        File.WriteAllText(folder.File("notes.txt"), "not an image");

        ImageCatalog catalog = ImageCatalog.Load(folder.Path);

        Assert.Equal("my own", catalog.Find("micro").Description);
    }

    [Fact]
    public void The_images_that_are_shipped_can_all_be_read_and_have_their_builders()
    {
        foreach (ImageReference image in ImageCatalog.Load(userFolder: null).Images)
        {
            foreach (ImageOrigin.Build build in image.Origins.Values.OfType<ImageOrigin.Build>())
            {
                Assert.NotEmpty(BuilderFiles.Find(build.Script).Digest());
            }

            Assert.True(image.Fallback is null || ImageCatalog.Load(userFolder: null).Find(image.Fallback) is not null);
        }
    }

    [Fact]
    public void A_broken_file_of_the_users_is_named_with_line_and_column()
    {
        File.WriteAllText(folder.File("bad.yaml"), "name: [a, b");

        ImageFileException fault = Assert.Throws<ImageFileException>(() => ImageCatalog.Load(folder.Path));

        Assert.Matches("bad.yaml:[0-9]+:[0-9]+: not YAML", fault.Message);
    }

    [Fact]
    public void A_name_that_is_not_known_gets_the_nearest_one()
    {
        var catalog = new ImageCatalog([ImageFile.Read(ImageFileTests.Good, "")]);

        QemuLabException near = Assert.Throws<QemuLabException>(() => catalog.Find("mirco"));
        QemuLabException far = Assert.Throws<QemuLabException>(() => catalog.Find("windows"));

        Assert.Equal((ErrorKind.NotFound, "did you mean micro?"), (near.Kind, near.Hint));
        Assert.Equal("there are: micro", far.Hint);
    }

    [Fact]
    public void A_builder_beside_the_users_file_is_the_users_own()
    {
        Directory.CreateDirectory(folder.File("micro"));
        File.WriteAllText(folder.File("micro/build"), "#!/bin/sh\n");
        File.WriteAllText(folder.File("micro.yaml"), ImageFileTests.Good);

        ImageReference image = ImageCatalog.Load(folder.Path).Find("micro");

        Assert.Equal(folder.File("micro/build"), Assert.IsType<ImageOrigin.Build>(image.Origins[Architecture.X64]).Script);
    }

    [Fact]
    public void The_users_folder_is_where_XDG_says()
    {
        Assert.Equal("/c/qemulab/images", ImageCatalog.UserFolder(name => name == "XDG_CONFIG_HOME" ? "/c" : "/h"));
        Assert.Equal("/h/.config/qemulab/images", ImageCatalog.UserFolder(name => name == "HOME" ? "/h" : ""));
        Assert.Null(ImageCatalog.UserFolder(_ => null));
    }
}
