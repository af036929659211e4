using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using QemuLab.Engine.Hosts;

namespace QemuLab.Tests.Fakes;

/// <summary>Plays qemu-img and ssh-keygen, and ssh where a test has a guest for it: the files that they would make are there, with a header instead of a disk and a key that opens nothing.</summary>
internal sealed class FakeTools : ICommandRunner
{
    private const long ImageBytes = 64 << 20;

    public ConcurrentQueue<Command> Asked { get; } = new();

    /// <summary>What a guest prints when it is asked over SSH.</summary>
    public Func<Command, string>? Guest { get; set; }

    /// <summary>What runs in the place of a hook's command; null: nothing does.</summary>
    public Func<Command, CancellationToken, Task<CommandResult>>? Hook { get; set; }

    public Task<CommandResult> RunAsync(Command command, CancellationToken cancellation = default)
    {
        cancellation.ThrowIfCancellationRequested();
        if (command.Environment.ContainsKey("QEMULAB_EVENT"))
        {
            return Hook?.Invoke(command, cancellation) ?? Task.FromResult(new CommandResult(0, "", "", TimedOut: false));
        }

        Asked.Enqueue(command);
        IReadOnlyList<string> arguments = command.Arguments;
        string output = "";
        switch (Path.GetFileName(command.Program), arguments[0])
        {
            case ("qemu-img", "info"):
                output = $$"""{ "format": "qcow2", "virtual-size": {{ImageBytes}} }""";
                break;
            case ("qemu-img", "snapshot"):
                break;
            case ("qemu-img", "create"):
                WriteDisk(arguments[^2], long.Parse(arguments[^1], CultureInfo.InvariantCulture));
                break;
            case ("qemu-img", "resize"):
                WriteDisk(arguments[^2], long.Parse(arguments[^1], CultureInfo.InvariantCulture));
                break;
            case ("qemu-img", "convert"):
                File.WriteAllText(arguments[^1], "made by qemu-img\n");
                break;
            case ("ssh-keygen", _):
                File.WriteAllText(arguments[^1], PrivateKey());
                File.WriteAllText(arguments[^1] + ".pub", "unread\n");
                break;
            case ("ssh", _) when Guest is not null:
                output = Guest(command);
                break;
            default:
                throw new CommandNotFoundException(command.Program);
        }

        return Task.FromResult(new CommandResult(0, output, "", TimedOut: false));
    }

    /// <summary>A qcow2 file as far as it is ever read: up to its size.</summary>
    /// <param name="path">The file.</param>
    /// <param name="bytes">The size of the disk.</param>
    public static void WriteDisk(string path, long bytes)
    {
        byte[] header = new byte[32];
        BinaryPrimitives.WriteUInt32BigEndian(header, 0x514649fb);
        BinaryPrimitives.WriteInt64BigEndian(header.AsSpan(24), bytes);
        File.WriteAllBytes(path, header);
    }

    /// <summary>As far as it is ever read: up to the public half.</summary>
    private static string PrivateKey()
    {
        byte[] blob = [.. Field("ssh-ed25519"u8), .. Field(RandomNumberGenerator.GetBytes(32))];
        byte[] file = [.. "openssh-key-v1\0"u8, .. Field("none"u8), .. Field("none"u8), .. Field([]), 0, 0, 0, 1, .. Field(blob)];
        return new StringBuilder("-----BEGIN OPENSSH PRIVATE KEY-----\n").Append(Convert.ToBase64String(file)).Append("\n-----END OPENSSH PRIVATE KEY-----\n").ToString();
    }

    private static byte[] Field(ReadOnlySpan<byte> value)
    {
        byte[] field = new byte[4 + value.Length];
        BinaryPrimitives.WriteInt32BigEndian(field, value.Length);
        value.CopyTo(field.AsSpan(4));
        return field;
    }
}
