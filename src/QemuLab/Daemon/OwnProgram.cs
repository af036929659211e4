using QemuLab.Engine.Hosts;

namespace QemuLab.Daemon;

/// <summary>How to run this very program once more: the binary itself, or dotnet with our assembly.</summary>
internal static class OwnProgram
{
    public static Command Find()
    {
        string program = Environment.ProcessPath ?? throw new InvalidOperationException("the process does not know its own path");
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? new Command(program, Path.GetFullPath(Environment.GetCommandLineArgs()[0]))
            : new Command(program);
    }
}
