using QemuLab.Engine.Machines;

namespace QemuLab.Engine.Images;

/// <summary>How far the fetching of an image is.</summary>
/// <param name="Step">A stable word: <c>waiting</c>, <c>download</c>, <c>check</c>, <c>build</c>, <c>done</c>.</param>
/// <param name="Message">For people.</param>
/// <param name="Done">Bytes so far, while downloading.</param>
/// <param name="Total">Bytes in all, where the server tells.</param>
public sealed record ImageProgress(string Step, string Message, ByteSize? Done = null, ByteSize? Total = null);
