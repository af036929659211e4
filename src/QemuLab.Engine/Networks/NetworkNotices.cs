namespace QemuLab.Engine.Networks;

/// <summary>What a network's backend noticed by itself, such as a helper that died and was started again; who wants to know listens.</summary>
public sealed class NetworkNotices
{
    /// <summary>Network, word and message.</summary>
    public Action<NetworkPlan, string, string>? Listener { get; set; }

    public void Report(NetworkPlan network, string word, string message) => Listener?.Invoke(network, word, message);
}
