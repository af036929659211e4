using System.Runtime.CompilerServices;

namespace QemuLab.Tests.Fakes;

/// <summary>Compares with a file that a person has reviewed. <c>make golden</c> rewrites the files; the diff is what is reviewed then.</summary>
internal static class Golden
{
    private static readonly bool Write = Environment.GetEnvironmentVariable("QEMULAB_GOLDEN") == "write";

    /// <summary>The folder of the golden cases, in the source tree.</summary>
    public static string Cases { get; } = Path.Combine(SourceFolder(), "..", "cases");

    public static void Matches(string path, string actual)
    {
        if (Write)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"there is no golden file {path}: run make golden and review it");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
