namespace QemuLab.Engine.Networks;

/// <summary>A host port that leads to each machine of a group in turn, one connection after the other.</summary>
/// <param name="Group">The group's name.</param>
/// <param name="Port">On the host, and on each of the machines.</param>
/// <param name="Machines">The group's machines; those that are not connected are passed over.</param>
public sealed record BalancedPort(string Group, PortForward Port, IReadOnlyList<string> Machines);
