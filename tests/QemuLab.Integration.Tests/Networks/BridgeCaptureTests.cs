using System.Net;
using System.Net.Sockets;
using QemuLab.Engine;
using QemuLab.Engine.Hosts;
using QemuLab.Engine.Networks;

namespace QemuLab.Integration.Tests.Networks;

/// <summary>Captures the loopback interface, which every host has. Needs Linux, CAP_NET_RAW and tcpdump.</summary>
public sealed class BridgeCaptureTests
{
    [Fact(Timeout = 30_000)]
    public async Task An_interface_is_captured_and_tcpdump_reads_it()
    {
        string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName() + ".pcapng");
        using var receiver = new UdpClient(new IPEndPoint(IPAddress.Loopback, 0));
        using var sender = new UdpClient();
        var to = (IPEndPoint)receiver.Client.LocalEndPoint!;
        using var end = new CancellationTokenSource();
        try
        {
            await using (FileStream stream = File.Create(file))
            {
                Task capture = BridgeCapture.RunAsync("lo", stream, end.Token);
                if (capture.Exception?.InnerException is QemuLabException { Code: "capture-refused" } refused)
                {
                    Assert.Skip(refused.Message);
                }

                while (stream.Length < 500)
                {
                    await sender.SendAsync("qemulab-capture-test"u8.ToArray(), to);
                    await receiver.ReceiveAsync(end.Token);
                    await Task.Delay(10);
                }

                await end.CancelAsync();
                await capture;
            }

            CommandResult read = await new CommandRunner().RunAsync(new Command("tcpdump", "-nn", "-A", "-r", file) { TimeLimit = TimeSpan.FromSeconds(10) });
            Assert.True(read.Succeeded, read.Error);
            Assert.Contains("qemulab-capture-test", read.Output, StringComparison.Ordinal);
            Assert.Contains($"> 127.0.0.1.{to.Port}: UDP, length 20", read.Output, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public async Task An_interface_that_is_not_there_is_named()
    {
        var error = await Assert.ThrowsAsync<QemuLabException>(() => BridgeCapture.RunAsync("nothere0", Stream.Null, CancellationToken.None));
        Assert.Equal("no-interface", error.Code);
    }
}
