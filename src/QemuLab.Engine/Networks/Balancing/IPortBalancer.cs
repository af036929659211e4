namespace QemuLab.Engine.Networks.Balancing;

/// <summary>Serves one host port, TCP or UDP, as long as it is not disposed of; what is open ends then.</summary>
internal interface IPortBalancer : IDisposable
{
    /// <summary>The machines from now on. What is open to one that is no longer among them ends.</summary>
    /// <exception cref="FormatException">An address is none; nothing is changed.</exception>
    void Set(IReadOnlyList<PublishedBackend> backends);
}
