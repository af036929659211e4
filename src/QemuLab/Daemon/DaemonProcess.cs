using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace QemuLab.Daemon;

/// <summary>
/// A program in a session of its own that keeps nothing of ours: input from /dev/null, output to a log, every other descriptor
/// closed. System.Diagnostics.Process cannot do that: a shell's <c>x=$(qemulab list)</c> would wait for the daemon's end,
/// because the daemon would hold the shell's pipe.
/// </summary>
/// <param name="ProcessId">Of the new process, whose parent we are.</param>
internal sealed partial record DaemonProcess(int ProcessId)
{
    // Both are opaque, on Linux 80 and 336 bytes, on macOS one pointer.
    private const int OpaqueSize = 512;
    private const int WaitNoHang = 1;

    private static readonly short SetSid = (short)(OperatingSystem.IsMacOS() ? 0x400 : 0x80);
    private static readonly int WriteAppendCreate = OperatingSystem.IsMacOS() ? 0x0209 : 0x0441;

    /// <exception cref="System.ComponentModel.Win32Exception">The program cannot be started.</exception>
    public static unsafe DaemonProcess Start(string program, IReadOnlyList<string> arguments, string log, IReadOnlyDictionary<string, string> variables)
    {
        byte* actions = stackalloc byte[OpaqueSize];
        byte* attributes = stackalloc byte[OpaqueSize];
        Check(InitActions(actions));
        Check(InitAttributes(attributes));
        Check(SetFlags(attributes, SetSid));
        Check(AddOpen(actions, 0, "/dev/null", 0, 0));
        Check(AddOpen(actions, 1, "/dev/null", 1, 0));
        Check(AddOpen(actions, 2, log, WriteAppendCreate, Convert.ToUInt32("600", 8)));
        foreach (int descriptor in OpenDescriptors())
        {
            Check(AddClose(actions, descriptor));
        }

        using var argv = new NativeStrings([program, .. arguments]);
        using var environment = new NativeStrings([.. EnvironmentWith(variables)]);
        Check(Spawn(out int pid, program, actions, attributes, argv.Pointer, environment.Pointer));
        _ = DestroyActions(actions);
        _ = DestroyAttributes(attributes);
        return new DaemonProcess(pid);
    }

    /// <summary>Its exit code (128 and the signal where one ended it), or null while it runs.</summary>
    public int? ExitCode() => WaitPid(ProcessId, out int status, WaitNoHang) != ProcessId ? null
        : (status & 0x7f) == 0 ? (status >> 8) & 0xff
        : 128 + (status & 0x7f);

    /// <summary>Those of the runtime close themselves at exec; a caller's do not, so all are named.</summary>
    private static int[] OpenDescriptors() =>
    [
        .. from path in Directory.EnumerateFileSystemEntries("/dev/fd/")
           let descriptor = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)
           where descriptor > 2
           select descriptor,
    ];

    private static IEnumerable<string> EnvironmentWith(IReadOnlyDictionary<string, string> variables) =>
        from pair in Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>().Select(pair => (Name: (string)pair.Key, Value: (string?)pair.Value))
            .Where(pair => !variables.ContainsKey(pair.Name)).Concat(variables.Select(pair => (Name: pair.Key, Value: (string?)pair.Value)))
        select $"{pair.Name}={pair.Value}";

    private static void Check(int error)
    {
        if (error != 0)
        {
            throw new System.ComponentModel.Win32Exception(error);
        }
    }

    /// <summary>A null-terminated array of C strings.</summary>
    private sealed unsafe class NativeStrings : IDisposable
    {
        private readonly byte*[] strings;

        public NativeStrings(IReadOnlyList<string> texts)
        {
            strings = new byte*[texts.Count];
            Pointer = (byte**)NativeMemory.Alloc((nuint)(texts.Count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < texts.Count; i++)
            {
                Pointer[i] = strings[i] = Utf8StringMarshaller.ConvertToUnmanaged(texts[i]);
            }

            Pointer[texts.Count] = null;
        }

        public byte** Pointer { get; }

        public void Dispose()
        {
            foreach (byte* text in strings)
            {
                Utf8StringMarshaller.Free(text);
            }

            NativeMemory.Free(Pointer);
        }
    }

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_init")]
    private static unsafe partial int InitActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_destroy")]
    private static unsafe partial int DestroyActions(byte* actions);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addopen", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int AddOpen(byte* actions, int descriptor, string path, int flags, uint mode);

    [LibraryImport("libc", EntryPoint = "posix_spawn_file_actions_addclose")]
    private static unsafe partial int AddClose(byte* actions, int descriptor);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_init")]
    private static unsafe partial int InitAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_destroy")]
    private static unsafe partial int DestroyAttributes(byte* attributes);

    [LibraryImport("libc", EntryPoint = "posix_spawnattr_setflags")]
    private static unsafe partial int SetFlags(byte* attributes, short flags);

    [LibraryImport("libc", EntryPoint = "posix_spawn", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Spawn(out int pid, string path, byte* actions, byte* attributes, byte** argv, byte** environment);

    [LibraryImport("libc", EntryPoint = "waitpid")]
    private static partial int WaitPid(int pid, out int status, int options);
}
