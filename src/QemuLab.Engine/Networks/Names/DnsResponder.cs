namespace QemuLab.Engine.Networks.Names;

/// <summary>Answers the queries that a zone can answer: bytes in, bytes out.</summary>
/// <param name="zone">What is known.</param>
/// <param name="isAlone">Nobody else can be asked: what the zone does not know is refused.</param>
public sealed class DnsResponder(DnsZone zone, bool isAlone)
{
    /// <summary>The answer; null where there is none to give: pass the query on, or forget it where it is malformed and nobody else is there.</summary>
    public byte[]? Answer(ReadOnlySpan<byte> query)
    {
        if (!DnsMessage.TryRead(query, out DnsQuestion question))
        {
            return !isAlone || !DnsMessage.IsQuery(query) ? null
                : DnsMessage.Fail(query, null, (query[2] & 0x78) != 0 ? DnsMessage.NotImplemented : DnsMessage.FormatError);
        }

        DnsFinding finding = zone.Find(question.Name);
        return finding.Outcome != DnsOutcome.Foreign ? DnsMessage.Answer(query, question, finding)
            : isAlone ? DnsMessage.Fail(query, question, DnsMessage.Refused)
            : null;
    }
}
