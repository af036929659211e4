using QemuLab.Engine.Networks.Names;

namespace QemuLab.Tests.Networks.Names;

public sealed class DnsResponderTests
{
    private const int A = DnsMessage.TypeA, Ptr = DnsMessage.TypePtr, Aaaa = 28, Mx = 15;

    [Theory]
    [InlineData("control0.k8s.lab", A, "ok 10.77.0.11")]
    [InlineData("CONTROL0.K8s.Lab", A, "ok 10.77.0.11")]
    [InlineData("control0", A, "ok 10.77.0.11")]
    [InlineData("control0.k8s.lab", DnsMessage.TypeAny, "ok 10.77.0.11")]
    [InlineData("control0.k8s.lab", Aaaa, "ok")]
    [InlineData("control0.k8s.lab", Mx, "ok")]
    [InlineData("host.k8s.lab", A, "ok 10.77.0.2")]
    [InlineData("two.k8s.lab", A, "ok 10.77.0.14 10.77.0.15")]
    [InlineData("api.k8s.lab", A, "ok 10.77.0.10")]
    [InlineData("x.apps.k8s.lab", A, "ok 10.77.0.20")]
    [InlineData("x.y.apps.k8s.lab", A, "ok 10.77.0.20")]
    [InlineData("x.apps.k8s.lab", Aaaa, "ok")]
    [InlineData("apps.k8s.lab", A, "ok")]
    [InlineData("k8s.lab", A, "ok")]
    [InlineData("x.elsewhere.test", A, "ok 10.77.0.21")]
    [InlineData("unknown.k8s.lab", A, "no such name")]
    [InlineData("x.control0.k8s.lab", A, "no such name")]
    [InlineData("11.0.77.10.in-addr.arpa", Ptr, "ok control0.k8s.lab")]
    [InlineData("14.0.77.10.in-addr.arpa", Ptr, "ok worker0.k8s.lab")]
    [InlineData("10.0.77.10.IN-ADDR.ARPA", Ptr, "ok api.k8s.lab")]
    [InlineData("99.0.77.10.in-addr.arpa", Ptr, "no such name")]
    [InlineData("1.1.1.1.in-addr.arpa", Ptr, "passed on")]
    [InlineData("77.10.in-addr.arpa", Ptr, "passed on")]
    [InlineData("example.com", A, "passed on")]
    [InlineData("k8s.lab.example.com", A, "passed on")]
    [InlineData("notk8s.lab", A, "passed on")]
    [InlineData("other", A, "passed on")]
    [InlineData("", A, "passed on")]
    public void A_question(string name, int type, string expected)
    {
        byte[] query = DnsQueries.Query(name, type);

        byte[]? answer = new DnsResponder(DnsQueries.Zone(), isAlone: false).Answer(query);

        Assert.Equal(expected, DnsQueries.Say(answer, query.Length - 12));
        Assert.Equal(query[..2], answer?[..2] ?? query[..2]);
    }

    [Theory]
    [InlineData("example.com", "refused, not authoritative")]
    [InlineData("control0.k8s.lab", "ok 10.77.0.11")]
    [InlineData("unknown.k8s.lab", "no such name")]
    public void Where_nobody_else_can_be_asked(string name, string expected)
    {
        byte[] query = DnsQueries.Query(name);
        Assert.Equal(expected, DnsQueries.Say(new DnsResponder(DnsQueries.Zone(), isAlone: true).Answer(query), query.Length - 12));
    }

    [Fact]
    public void Who_asks_with_EDNS_is_answered_with_EDNS()
    {
        byte[] answer = new DnsResponder(DnsQueries.Zone(), isAlone: false).Answer(DnsQueries.Query("control0", edns: true))!;

        Assert.Equal(1, answer[11]);
        Assert.Equal([0, 0, 41], answer[^11..^8]);
    }

    [Fact]
    public void An_answer_is_never_answered()
    {
        byte[] response = DnsQueries.Query("control0");
        response[2] |= 0x80;
        Assert.Null(new DnsResponder(DnsQueries.Zone(), isAlone: true).Answer(response));
    }

    [Theory]
    [InlineData(new byte[] { 0xC0, 12 }, "a pointer to itself")]
    [InlineData(new byte[] { 3, 1, 2 }, "a label that goes beyond the end")]
    [InlineData(new byte[] { 1, (byte)'a' }, "a name without an end")]
    [InlineData(new byte[] { 1, (byte)'a', 0, 0, 1 }, "a question without a class")]
    [InlineData(new byte[] { 1, 7, 0, 0, 1, 0, 1 }, "a control character")]
    [InlineData(new byte[] { }, "no question")]
    public void What_is_malformed_is_refused_and_does_no_harm(byte[] question, string why)
    {
        byte[] query = [0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, .. question];

        Assert.Null(new DnsResponder(DnsQueries.Zone(), isAlone: false).Answer(query));
        Assert.True(DnsQueries.Say(new DnsResponder(DnsQueries.Zone(), isAlone: true).Answer(query), 0) == "malformed, not authoritative", why);
    }

    [Fact]
    public void Any_bytes_are_survived()
    {
        var random = new Random(1);
        var responder = new DnsResponder(DnsQueries.Zone(), isAlone: true);
        byte[] good = DnsQueries.Query("control0.k8s.lab", edns: true);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = [.. good[..random.Next(good.Length + 1)]];
            for (int change = random.Next(4); change > 0 && bytes.Length > 0; change--)
            {
                bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
            }

            responder.Answer(bytes);
        }
    }
}
