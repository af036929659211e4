using System.Text.Json;
using QemuLab.Engine.Qmp;

namespace QemuLab.Engine.Networks;

/// <summary>A conversation with a running uplink, by QMP: its forwards are asked of it once and kept up with what is said here.</summary>
internal sealed class UplinkSession : IAsyncDisposable
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(5);

    private readonly QmpClient qmp;
    private readonly HashSet<HostForward> forwards;

    private UplinkSession(QmpClient qmp, IEnumerable<HostForward> forwards) => (this.qmp, this.forwards) = (qmp, [.. forwards]);

    /// <exception cref="QemuLabException">Nobody answers there (code <c>qmp-unreachable</c>, or no answer in time).</exception>
    public static async Task<UplinkSession> OpenAsync(string socketPath, CancellationToken cancellation)
    {
        QmpClient qmp = await QmpClient.ConnectAsync(socketPath, TimeLimit, cancellation);
        try
        {
            return new UplinkSession(qmp, HostForward.Parse(await MonitorAsync(qmp, "info usernet", cancellation)));
        }
        catch
        {
            await qmp.DisposeAsync();
            throw;
        }
    }

    /// <summary>Adds those that are not there.</summary>
    /// <returns>What the host would not give.</returns>
    public async Task<IReadOnlyList<HostForward>> AddAsync(IEnumerable<HostForward> wanted, CancellationToken cancellation)
    {
        HostForward[] missing = [.. wanted.Except(forwards)];
        string[] answers = await Task.WhenAll(missing.Select(forward => MonitorAsync(qmp, $"hostfwd_add {SlirpUplink.NetId} {forward.Rule}", cancellation)));

        // An empty answer is success; a refusal comes as text, not as an error.
        ILookup<bool, HostForward> isThere = missing.Zip(answers).ToLookup(asked => asked.Second == "", asked => asked.First);
        forwards.UnionWith(isThere[true]);
        return [.. isThere[false]];
    }

    /// <summary>Takes away those of them that are there.</summary>
    public async Task RemoveAsync(IEnumerable<HostForward> unwanted, CancellationToken cancellation)
    {
        HostForward[] there = [.. unwanted.Intersect(forwards)];
        await Task.WhenAll(there.Select(forward => MonitorAsync(qmp, $"hostfwd_remove {SlirpUplink.NetId} {forward.HostSide}", cancellation)));
        forwards.ExceptWith(there);
    }

    public ValueTask DisposeAsync() => qmp.DisposeAsync();

    private static async Task<string> MonitorAsync(QmpClient qmp, string line, CancellationToken cancellation)
    {
        JsonElement answer = await qmp.ExecuteAsync("human-monitor-command", a => a.WriteString("command-line", line), TimeLimit, cancellation);
        return answer.GetString() ?? "";
    }
}
