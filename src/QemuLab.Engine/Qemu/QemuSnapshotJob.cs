using System.Text.Json;
using QemuLab.Engine.Machines;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Qemu;

/// <summary>
/// QEMU's jobs <c>snapshot-save</c>, <c>snapshot-load</c> and <c>snapshot-delete</c>. The command itself always succeeds; the verdict
/// is the job's. See "Snapshots" and "Jobs" in QEMU's QMP reference.
/// </summary>
internal static class QemuSnapshotJob
{
    /// <summary>A guest's whole memory goes through it; while it does, QEMU answers nothing else.</summary>
    internal static readonly TimeSpan TimeLimit = TimeSpan.FromMinutes(10);

    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(10);

    public static async Task RunAsync(QmpClient qmp, SnapshotAction action, string tag, IReadOnlyList<string> nodes, CancellationToken cancellation)
    {
        // Of one machine there is one change at a time; what a former daemon has left goes first.
        string job = $"qemulab-{action.ToString().ToLowerInvariant()}";
        await DismissAsync(qmp, job, cancellation);
        await qmp.ExecuteAsync("snapshot-" + action.ToString().ToLowerInvariant(), arguments => Describe(arguments, job, action, tag, nodes), TimeLimit, cancellation);
        string? fault = await VerdictAsync(qmp, job, cancellation);
        await DismissAsync(qmp, job, CancellationToken.None);
        if (fault is not null && !(action == SnapshotAction.Delete && IsMissing(fault)))
        {
            throw Failed(fault);
        }
    }

    /// <summary>QEMU's words, told as what they are.</summary>
    internal static QemuLabException Failed(string fault)
    {
        bool isFull = fault.Contains("No space left", StringComparison.Ordinal);
        string? hint = isFull ? "make room on the disk of QEMULAB_HOME"
            : fault.Contains("Input/output error", StringComparison.Ordinal) ? "QEMU says so of a full disk too: is there room where QEMULAB_HOME is? df -h"
            : null;
        return new QemuLabException(ErrorKind.Failed, isFull ? "disk-full" : "snapshot-failed", fault, hint);
    }

    private static void Describe(Utf8JsonWriter arguments, string job, SnapshotAction action, string tag, IReadOnlyList<string> nodes)
    {
        arguments.WriteString("job-id", job);
        arguments.WriteString("tag", tag);
        if (action != SnapshotAction.Delete)
        {
            arguments.WriteString("vmstate", nodes[0]);
        }

        arguments.WriteStartArray("devices");
        foreach (string node in nodes)
        {
            arguments.WriteStringValue(node);
        }

        arguments.WriteEndArray();
    }

    /// <summary>QEMU's words against it; null where it was done.</summary>
    private static async Task<string?> VerdictAsync(QmpClient qmp, string job, CancellationToken cancellation)
    {
        while (true)
        {
            if (await FindAsync(qmp, job, cancellation) is { } found && IsConcluded(found))
            {
                return found.TryGetProperty("error", out JsonElement error) ? error.GetString() : null;
            }

            await Task.Delay(LookInterval, cancellation);
        }
    }

    private static async Task DismissAsync(QmpClient qmp, string job, CancellationToken cancellation)
    {
        if (await FindAsync(qmp, job, cancellation) is { } found && IsConcluded(found))
        {
            await qmp.ExecuteAsync("job-dismiss", arguments => arguments.WriteString("id", job), TimeLimit, cancellation);
        }
    }

    private static async Task<JsonElement?> FindAsync(QmpClient qmp, string job, CancellationToken cancellation)
    {
        JsonElement jobs = await qmp.ExecuteAsync("query-jobs", timeLimit: TimeLimit, cancellation: cancellation);
        return jobs.EnumerateArray().Where(candidate => candidate.GetProperty("id").GetString() == job).Cast<JsonElement?>().FirstOrDefault();
    }

    private static bool IsConcluded(JsonElement job) => job.GetProperty("status").GetString() == "concluded";

    private static bool IsMissing(string fault) => fault.Contains("does not exist", StringComparison.Ordinal) || fault.Contains("not found", StringComparison.Ordinal);
}
