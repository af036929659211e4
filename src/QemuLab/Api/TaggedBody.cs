using System.Security.Cryptography;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace QemuLab.Api;

/// <summary>What a GET answers with, and its strong ETag: a digest of the bytes, so that it is the same of every daemon.</summary>
internal sealed record TaggedBody(ReadOnlyMemory<byte> Bytes, EntityTagHeaderValue Tag)
{
    public const string Json = "application/json; charset=utf-8";

    /// <summary>Enough that no two states of a lab are ever taken for one.</summary>
    private const int TagBytes = 16;

    public static TaggedBody Of(byte[] bytes) => new(bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes).AsSpan(0, TagBytes))}\""));

    /// <summary>All of it, or 304 where the client says that it has it.</summary>
    public FileContentHttpResult Answer(string type = Json) => TypedResults.Bytes(Bytes, type, entityTag: Tag);
}
