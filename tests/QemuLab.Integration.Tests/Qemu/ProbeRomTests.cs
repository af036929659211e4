using System.Runtime.CompilerServices;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Qemu;

namespace QemuLab.Integration.Tests.Qemu;

public sealed class ProbeRomTests
{
    [Fact]
    public async Task The_code_that_is_shipped_is_what_its_source_assembles_to()
    {
        string folder = Directory.CreateTempSubdirectory("ql-").FullName;
        try
        {
            string assembled = Path.Combine(folder, "probe.bin");
            var nasm = new Command("nasm", "-f", "bin", Source(), "-o", assembled) { TimeLimit = TimeSpan.FromSeconds(30) };

            CommandResult result = await RunOrSkipAsync(nasm);

            Assert.Equal("", result.Error);
            Assert.Equal(AcceleratorProbe.X64Code, await File.ReadAllBytesAsync(assembled));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<CommandResult> RunOrSkipAsync(Command nasm)
    {
        try
        {
            return await new CommandRunner().RunAsync(nasm);
        }
        catch (CommandNotFoundException)
        {
            Assert.Skip("needs nasm: sudo apt-get install -y nasm");
            throw;
        }
    }

    private static string Source([CallerFilePath] string here = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(here)!, "../../../src/QemuLab.Engine/Qemu/Probe/probe.asm"));
}
