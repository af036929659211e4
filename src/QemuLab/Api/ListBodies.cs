using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Text.Json;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Labs;
using QemuLab.Engine.Machines;

namespace QemuLab.Api;

/// <summary>
/// What is asked for again and again, as the bytes that go out. A lab's status is the same object until something changes,
/// and what is made of it with it; so nothing has to be made invalid.
/// </summary>
internal sealed class ListBodies(StatePaths paths)
{
    private readonly Part labs = new(lab => JsonSerializer.SerializeToUtf8Bytes(lab.View(paths), ApiJson.Info<LabView>()));

    // Without its brackets: a lab's machines go on where those of the lab before end.
    private readonly Part machines = new(lab => JsonSerializer.SerializeToUtf8Bytes(
        [.. lab.Machines.Select(machine => machine.View(lab, paths))], ApiJson.Info<IReadOnlyList<MachineView>>())[1..^1]);

    private readonly ConditionalWeakTable<LabStatus, TaggedBody> ofLab = [];
    private readonly ConditionalWeakTable<LabStatus, ConcurrentDictionary<string, TaggedBody>> ofMachines = [];

    public TaggedBody Labs(IReadOnlyList<LabStatus> all) => labs.Of(all);

    public TaggedBody Machines(IReadOnlyList<LabStatus> all) => machines.Of(all);

    public TaggedBody Lab(LabStatus lab) => ofLab.GetValue(lab, key => TaggedBody.Of(labs.Of(key)));

    /// <exception cref="QemuLabException">The lab has no such machine.</exception>
    public TaggedBody Machine(LabStatus lab, string name) => ofMachines.GetOrCreateValue(lab).GetOrAdd(name, _ =>
    {
        MachineStatus machine = lab.Machines.FirstOrDefault(machine => machine.Name == name)
            ?? throw new QemuLabException(ErrorKind.NotFound, "machine-not-found", $"lab '{lab.Name}' has no machine '{name}'", "run: qemulab list");
        return TaggedBody.Of(JsonSerializer.SerializeToUtf8Bytes(machine.View(lab, paths), ApiJson.Info<MachineView>()));
    });

    /// <summary>One kind of list, and what is kept of it.</summary>
    private sealed class Part(Func<LabStatus, byte[]> write)
    {
        private readonly ConditionalWeakTable<LabStatus, byte[]> ofLab = [];
        private volatile Whole? last;

        public byte[] Of(LabStatus lab) => ofLab.GetValue(lab, key => write(key));

        public TaggedBody Of(IReadOnlyList<LabStatus> all)
        {
            if (last is not { } known || !known.Labs.SequenceEqual(all, ReferenceEqualityComparer.Instance))
            {
                last = known = new Whole(all, TaggedBody.Of(Join([.. all.Select(Of).Where(part => part.Length > 0)])));
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

    private sealed record Whole(IReadOnlyList<LabStatus> Labs, TaggedBody Body);
}
