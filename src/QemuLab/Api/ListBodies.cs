using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Http.HttpResults;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;

namespace QemuLab.Api;

/// <summary>
/// The lists that are asked for again and again, as the bytes that go out. A lab's status is the same object until
/// something changes, and its part of the list with it; so nothing has to be made invalid.
/// </summary>
internal sealed class ListBodies(StatePaths paths)
{
    private const string Json = "application/json; charset=utf-8";

    private readonly Part labs = new(lab => JsonSerializer.SerializeToUtf8Bytes(lab.View(paths), ApiJson.Info<LabView>()));

    // Without its brackets: a lab's machines go on where those of the lab before end.
    private readonly Part machines = new(lab => JsonSerializer.SerializeToUtf8Bytes(
        [.. lab.Machines.Select(machine => machine.View(lab, paths))], ApiJson.Info<IReadOnlyList<MachineView>>())[1..^1]);

    public FileContentHttpResult Labs(IReadOnlyList<LabStatus> all) => TypedResults.Bytes(labs.Of(all), Json);

    public FileContentHttpResult Machines(IReadOnlyList<LabStatus> all) => TypedResults.Bytes(machines.Of(all), Json);

    /// <summary>One kind of list, and what is kept of it.</summary>
    private sealed class Part(Func<LabStatus, byte[]> write)
    {
        private readonly ConditionalWeakTable<LabStatus, byte[]> ofLab = [];
        private volatile Whole? last;

        public byte[] Of(IReadOnlyList<LabStatus> all)
        {
            if (last is not { } known || !known.Labs.SequenceEqual(all, ReferenceEqualityComparer.Instance))
            {
                last = known = new Whole(all, Join([.. all.Select(lab => ofLab.GetValue(lab, key => write(key))).Where(part => part.Length > 0)]));
            }

            return known.Body;
        }

        private static byte[] Join(byte[][] parts)
        {
            using var body = new MemoryStream();
            body.WriteByte((byte)'[');
            for (int i = 0; i < parts.Length; i++)
            {
                if (i > 0)
                {
                    body.WriteByte((byte)',');
                }

                body.Write(parts[i]);
            }

            body.WriteByte((byte)']');
            return body.ToArray();
        }
    }

    private sealed record Whole(IReadOnlyList<LabStatus> Labs, byte[] Body);
}
