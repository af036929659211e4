using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using QemuLab.Engine.Qemu;

namespace QemuLab.Engine.Hosts;

/// <summary>What is worth remembering between two starts, because finding it out starts programs.</summary>
/// <param name="Key">All that it depends on.</param>
/// <param name="QemuVersion">As QEMU says it.</param>
/// <param name="Accelerator">The probe's verdict; null for a QEMU that is too old to be probed.</param>
internal sealed record ProbeCacheEntry(string Key, Version QemuVersion, AcceleratorFacts? Accelerator);

/// <summary>The file that the entry is kept in. A file that cannot be read, or that was written for another host state, counts as none.</summary>
internal sealed class ProbeCache(string path)
{
    public ProbeCacheEntry? Read(string key)
    {
        try
        {
            ProbeCacheEntry? entry = JsonSerializer.Deserialize(File.ReadAllBytes(path), ProbeCacheJson.Default.ProbeCacheEntry);
            return entry is { QemuVersion: not null } && entry.Key == key ? entry : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            return null;
        }
    }

    /// <summary>A home that cannot be written to costs a probe at each start, and is reported elsewhere.</summary>
    public void Write(ProbeCacheEntry entry)
    {
        try
        {
            AtomicFile.Write(path, JsonSerializer.SerializeToUtf8Bytes(entry, ProbeCacheJson.Default.ProbeCacheEntry));
        }
        catch (Exception unwritable) when (unwritable is IOException or UnauthorizedAccessException)
        {
        }
    }

    /// <summary>QEMU's file, the kernel, this boot (a CPU's features can change with the firmware's settings), /dev/kvm and the probe itself.</summary>
    public static string KeyFor(string qemu, string kernelRelease, string boot, KvmDevice? device)
    {
        string file = File.ResolveLinkTarget(qemu, returnFinalTarget: true)?.FullName ?? qemu;
        var info = new FileInfo(file);
        string probe = Fingerprint(AcceleratorProbe.X64Code);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{file} {info.LastWriteTimeUtc:O} {info.Length}; {kernelRelease}; {boot}; kvm {device?.Access} {device?.Identity}; probe {probe}");
    }

    /// <summary>FNV-1a: enough to tell versions of the probe apart, and no cryptography library is loaded at each start.</summary>
    private static string Fingerprint(ReadOnlySpan<byte> code)
    {
        ulong hash = 14695981039346656037;
        foreach (byte value in code)
        {
            hash = unchecked((hash ^ value) * 1099511628211);
        }

        return hash.ToString("x16", CultureInfo.InvariantCulture);
    }
}

[JsonSourceGenerationOptions(WriteIndented = true, UseStringEnumConverter = true, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ProbeCacheEntry))]
internal sealed partial class ProbeCacheJson : JsonSerializerContext;
