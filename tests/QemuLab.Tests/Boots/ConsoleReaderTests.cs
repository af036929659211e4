using System.Text;
using QemuLab.Engine.Boots;

namespace QemuLab.Tests.Boots;

/// <summary>Consoles that were recorded from real guests, in <c>cases/consoles</c>.</summary>
public sealed class ConsoleReaderTests
{
    [Theory]
    [InlineData("micro-kernel", "Init CloudInitNetwork")]
    [InlineData("micro-uefi", "Firmware BootLoader Init CloudInitNetwork")]
    [InlineData("micro-verbose", "Kernel Initramfs Init CloudInitNetwork")]
    [InlineData("debian-verbose", "Kernel Initramfs Init CloudInitLocal CloudInitNetwork CloudInitConfig CloudInitFinal")]
    [InlineData("debian-uefi", "Firmware BootLoader CloudInitLocal CloudInitNetwork CloudInitConfig CloudInitFinal")]
    [InlineData("bios-empty-disk", "Firmware")]
    [InlineData("bios-no-boot-code", "Firmware")]
    [InlineData("uefi-empty-disk", "Firmware")]
    [InlineData("uefi-shell", "Firmware")]
    [InlineData("panic-no-root", "Kernel")]
    [InlineData("panic-init-died", "Kernel")]
    [InlineData("root-not-found", "Initramfs")]
    public void A_recorded_console_tells_how_far_it_came_whole_or_byte_by_byte(string name, string stages)
    {
        string text = Encoding.UTF8.GetString(RecordedConsole.Bytes(name));

        Assert.Equal(stages, string.Join(' ', new ConsoleReader().Read(text)));
        var slowly = new ConsoleReader();
        Assert.Equal(stages, string.Join(' ', text.SelectMany(character => slowly.Read(character.ToString()))));
    }

    [Theory]
    [InlineData("Welcome to GRUB!", BootStage.BootLoader)]
    [InlineData("                             GNU GRUB  version 2.06-13+deb12u1", BootStage.BootLoader)]
    [InlineData("EFI stub: Loaded initrd from LINUX_EFI_INITRD_MEDIA_GUID device path", BootStage.BootLoader)]
    [InlineData("[    0.000000] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)", BootStage.Kernel)]
    [InlineData("[   12.345678] virtio_blk virtio1: [vda] 41943040 512-byte logical blocks", BootStage.Kernel)]
    [InlineData("[    1.602541] Run /init as init process", BootStage.Initramfs)]
    [InlineData("Loading, please wait...", BootStage.Initramfs)]
    [InlineData("Begin: Running /scripts/local-premount ... done.", BootStage.Initramfs)]
    [InlineData("Welcome to Debian GNU/Linux 12 (bookworm)!", BootStage.Init)]
    [InlineData("[  OK  ] Reached target basic.target - Basic System.", BootStage.Init)]
    [InlineData("         Starting cloud-init-local.…t-up (pre-networking)...", BootStage.CloudInitLocal)]
    [InlineData("         Starting cloud-config.serv…le of cloud-config settings...", BootStage.CloudInitConfig)]
    [InlineData("[ some program's own brackets", null)]
    [InlineData("[12.5] no kernel writes this", null)]
    [InlineData("", null)]
    public void A_line_is_known_by_its_words(string line, BootStage? stage) => Assert.Equal(stage, ConsoleStages.Of(line, BootStage.Process));

    /// <summary>Each by itself: what it tells, or that it tells nothing.</summary>
    [Theory]
    [InlineData("debian-verbose", "Linux version 6.1.0", BootStage.Kernel)]
    [InlineData("debian-verbose", "Freeing unused decrypted memory", BootStage.Kernel)]
    [InlineData("debian-verbose", "Run /init as init process", BootStage.Initramfs)]
    [InlineData("debian-verbose", "Loading, please wait...", BootStage.Initramfs)]
    [InlineData("debian-verbose", "Begin: Running /scripts/init-premount", BootStage.Initramfs)]
    [InlineData("debian-verbose", "Begin: Mounting root file system", BootStage.Initramfs)]
    [InlineData("debian-verbose", "Welcome to Debian GNU/Linux 12", BootStage.Init)]
    [InlineData("debian-verbose", "Queued start job for default target", BootStage.Init)]
    [InlineData("debian-verbose", "Created slice system-getty.slice", BootStage.Init)]
    [InlineData("debian-verbose", "[  OK  ] Reached target paths.target", BootStage.Init)]
    [InlineData("debian-verbose", "Starting cloud-init-local.service", BootStage.CloudInitLocal)]
    [InlineData("debian-verbose", "running 'init-local' at", BootStage.CloudInitLocal)]
    [InlineData("debian-verbose", "Starting cloud-init.servic", BootStage.CloudInitNetwork)]
    [InlineData("debian-verbose", "running 'init' at", BootStage.CloudInitNetwork)]
    [InlineData("debian-verbose", "Starting cloud-config.serv", BootStage.CloudInitConfig)]
    [InlineData("debian-verbose", "running 'modules:config' at", BootStage.CloudInitConfig)]
    [InlineData("debian-verbose", "running 'modules:final' at", BootStage.CloudInitFinal)]
    [InlineData("debian-verbose", "Debian GNU/Linux 12 deb ttyS0", null)]
    [InlineData("micro-verbose", "Run /init as init process", BootStage.Initramfs)]
    [InlineData("micro-verbose", "micro: init", BootStage.Init)]
    [InlineData("micro-verbose", "micro: network up", BootStage.CloudInitNetwork)]
    [InlineData("micro-verbose", "micro: sshd up", null)]
    public void A_line_of_a_real_boot_is_of_its_stage(string name, string words, BootStage? stage) =>
        Assert.Equal(stage, ConsoleStages.Of(RecordedConsole.Lines(name).First(line => line.Contains(words, StringComparison.Ordinal)), BootStage.Process));

    [Fact]
    public void What_is_of_the_past_is_not_told_again()
    {
        var reader = new ConsoleReader();
        reader.Read("[  OK  ] Reached target basic.target\n");

        Assert.Empty(reader.Read("[   20.000000] Linux version 6.1\nBegin: again\n"));
    }

    [Fact]
    public void A_screen_without_line_ends_is_not_kept_for_ever()
    {
        var reader = new ConsoleReader();
        for (int i = 0; i < 1000; i++)
        {
            reader.Read(new string('x', 1000));
        }

        Assert.Equal([BootStage.Kernel], reader.Read("\nLinux version 6.1\n"));
    }
}
