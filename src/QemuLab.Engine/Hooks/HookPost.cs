using System.Globalization;
using System.Net;
using System.Text;

namespace QemuLab.Engine.Hooks;

/// <summary>
/// Posts notes to web servers, and again where a server cannot be reached or says that it is not well: after 1 s, 2 s, 4 s and
/// so on, at most 30 s. Redirects are not followed: a note goes where the lab file says, and nowhere else.
/// </summary>
/// <param name="clock">For the pauses and the time limit.</param>
/// <param name="network">The network; null: this host's, through its proxy unless the server is this host.</param>
internal sealed class HookPost(TimeProvider clock, HttpMessageHandler? network = null) : IDisposable
{
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    private readonly Lazy<HttpClient> near = new(() => Client(network, throughProxy: false));
    private readonly Lazy<HttpClient> far = new(() => Client(network, throughProxy: true));

    /// <summary>Sends the note until the server has taken it or will not.</summary>
    public async Task<HookEnd> SendAsync(HookAction.Post post, TimeSpan timeout, HookNote note, CancellationToken cancellation)
    {
        for (int attempt = 1; ; attempt++)
        {
            (HookEnd end, bool mayBeTriedAgain) = await TryAsync(post, timeout, note, attempt, cancellation);
            if (end.Outcome == HookOutcome.Done || !mayBeTriedAgain || attempt > post.Retries)
            {
                return end;
            }

            await Task.Delay(Pause(attempt), clock, cancellation);
        }
    }

    public void Dispose()
    {
        foreach (Lazy<HttpClient> client in new[] { near, far }.Where(client => client.IsValueCreated))
        {
            client.Value.Dispose();
        }
    }

    internal static TimeSpan Pause(int attempt)
    {
        TimeSpan doubled = TimeSpan.FromSeconds(Math.Pow(2, Math.Min(attempt - 1, 10)));
        return doubled < LongestPause ? doubled : LongestPause;
    }

    private async Task<(HookEnd End, bool MayBeTriedAgain)> TryAsync(HookAction.Post post, TimeSpan timeout, HookNote note, int attempt, CancellationToken cancellation)
    {
        using var limit = new CancellationTokenSource(timeout, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellation, limit.Token);
        try
        {
            using HttpRequestMessage request = Request(post, note);
            using HttpResponseMessage response = await (post.Url.IsLoopback ? near : far).Value.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            int code = (int)response.StatusCode;
            string? answer = await BeginningAsync(response, both.Token);
            return response.IsSuccessStatusCode
                ? (new(HookOutcome.Done, code, attempt, null, answer), false)
                : (new(HookOutcome.Failed, code, attempt, $"the server answered {code} {response.ReasonPhrase}".TrimEnd(), answer), code is 408 or 429 or >= 500);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return (new(HookOutcome.TimedOut, null, attempt, string.Create(CultureInfo.InvariantCulture, $"the server did not answer within {timeout.TotalSeconds:0}s"), null), true);
        }
        catch (Exception unreachable) when (unreachable is HttpRequestException or IOException)
        {
            return (new(HookOutcome.Failed, null, attempt, $"the server could not be reached: {unreachable.GetBaseException().Message}", null), true);
        }
    }

    private static HttpRequestMessage Request(HookAction.Post post, HookNote note)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, post.Url)
        {
            Content = new StringContent(note.ToJson(), Encoding.UTF8, "application/json"),
            Headers = { { "User-Agent", "qemulab" }, { "X-Qemulab-Event", note.Event }, { "X-Qemulab-Delivery", note.Id.ToString() } },
        };
        foreach ((string name, string value) in post.Headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return request;
    }

    /// <summary>A server may answer with a novel: no more is read than is kept.</summary>
    private static async Task<string?> BeginningAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        await using Stream body = await response.Content.ReadAsStreamAsync(cancellation);
        byte[] buffer = new byte[HookRunner.OutputLimit];
        int length = await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellation);
        return length == 0 ? null : Encoding.UTF8.GetString(buffer, 0, length).TrimEnd();
    }

    private static HttpClient Client(HttpMessageHandler? network, bool throughProxy) => new(
        network ?? new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = throughProxy, PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10) },
        disposeHandler: network is null)
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = HttpVersion.Version11,
    };
}
