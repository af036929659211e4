namespace QemuLab.Engine.Networks.Balancing;

/// <summary>What all balancers of a switch share.</summary>
/// <param name="IsThere">Whether the machine of that name runs.</param>
/// <param name="Handshakes">Sees machines accept connections.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">Takes a line for what happens seldom; for any thread.</param>
internal sealed record BalancerParts(Func<string, bool> IsThere, Handshakes Handshakes, TimeProvider Time, Action<string> Log);
