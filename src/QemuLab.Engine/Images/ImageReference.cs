using System.Runtime.InteropServices;
using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Images;

/// <summary>An image of the catalogue: what one file of <c>images/</c> says.</summary>
public sealed record ImageReference
{
    public required string Name { get; init; }

    public required string Description { get; init; }

    /// <summary>The user that QemuLab makes in the guest and logs in as.</summary>
    public required string User { get; init; }

    public required string Shell { get; init; }

    /// <summary>How it boots unless the lab says otherwise.</summary>
    public required ImageFirmware Firmware { get; init; }

    /// <summary>Below this the guest hangs without a word.</summary>
    public required ByteSize MinimumMemory { get; init; }

    /// <summary>The same when it boots by UEFI, whose firmware needs more; null: no more.</summary>
    public ByteSize? MinimumMemoryUefi { get; init; }

    /// <summary>The root disk's size unless the lab says otherwise.</summary>
    public required ByteSize Disk { get; init; }

    public required IReadOnlyDictionary<Architecture, ImageOrigin> Origins { get; init; }

    /// <summary>The image to take where this one cannot be had: a name of the catalogue, or null.</summary>
    public string? Fallback { get; init; }

    /// <summary>Top-level keys of user-data that this image would silently ignore.</summary>
    public IReadOnlyList<string> IgnoredUserData { get; init; } = [];
}

public enum ImageFirmware
{
    Uefi,

    /// <summary>The image's own kernel and initrd, handed to QEMU: seconds faster than any firmware.</summary>
    Kernel,
}

/// <summary>Where an image comes from.</summary>
public abstract record ImageOrigin
{
    private ImageOrigin()
    {
    }

    /// <summary>A qcow2 file to be downloaded, checked against its digest, or against the line for it in a SHA512SUMS file.</summary>
    public sealed record Download(Uri Url, string? Sha512, Uri? Sha512Sums) : ImageOrigin;

    /// <summary>Made on this machine by a builder of <c>images/</c>.</summary>
    /// <param name="Script">Its path below <c>images/</c>, such as <c>micro/build</c>.</param>
    public sealed record Build(string Script, IReadOnlyList<string> Arguments) : ImageOrigin;
}

/// <summary>A cached image's files; absolute paths, never written again once they are there.</summary>
/// <param name="Key">The cache key: the digest of the download, or of everything that it was built from.</param>
/// <param name="Disk">qcow2.</param>
/// <param name="Kernel">For direct boot; null where the image brings none.</param>
/// <param name="Initrd">For direct boot; null where the image brings none.</param>
/// <param name="CommandLine">The kernel's command line for direct boot.</param>
/// <param name="VirtualSize">The size of the disk that a guest would see.</param>
public sealed record ImageFiles(string Key, string Disk, string? Kernel, string? Initrd, string? CommandLine, ByteSize VirtualSize);
