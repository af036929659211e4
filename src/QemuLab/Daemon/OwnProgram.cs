namespace QemuLab.Daemon;

/// <summary>How to run this very program once more: the binary itself, or dotnet with our assembly.</summary>
internal static class OwnProgram
{
    public static (string Program, string[] Prefix) Find()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("the process does not know its own path");
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? (program, [Environment.GetCommandLineArgs()[0]])
            : (program, []);
    }
}
