using System.Net.Sockets;
using System.Text;
using System.Text.Json;

string home = Environment.GetEnvironmentVariable("QEMULAB_HOME") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local/share/qemulab");
using var daemon = new HttpClient(new SocketsHttpHandler
{
    ConnectCallback = async (_, cancellation) =>
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(home, "daemon.sock")), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    },
})
{ BaseAddress = new Uri("http://qemulab"), Timeout = Timeout.InfiniteTimeSpan };

using JsonDocument machines = JsonDocument.Parse(await daemon.GetStringAsync("/v1/machines"));
foreach (JsonElement machine in machines.RootElement.EnumerateArray())
{
    Console.WriteLine($"{machine.GetProperty("name")} {machine.GetProperty("state")}");
}

using HttpResponseMessage answer = await daemon.PutAsync("/v1/machines/k8s/worker0/state", new StringContent("""{"state": "Running"}""", Encoding.UTF8, "application/json"));
using JsonDocument change = JsonDocument.Parse(await answer.Content.ReadAsStringAsync());
Console.WriteLine(answer.IsSuccessStatusCode ? change.RootElement.GetProperty("outcome") : change.RootElement.GetProperty("detail"));
