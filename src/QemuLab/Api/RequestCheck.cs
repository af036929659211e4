using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;
using QemuLab.Engine;

namespace QemuLab.Api;

/// <summary>A request's body that says itself whether its values can be.</summary>
internal interface ICheckedRequest
{
    /// <exception cref="QemuLabException">A value is out of range.</exception>
    void Check();
}

/// <summary>Refuses what no route takes, before a route sees it: absent and null values, other types, numbers out of range.</summary>
internal static partial class RequestCheck
{
    /// <summary>A timer cannot wait longer than some weeks, and nobody means to.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromDays(30);

    public static readonly TimeSpan LongestCapture = TimeSpan.FromDays(1);

    /// <summary>
    /// Absent and null values are faults where the request has them as they must be, and so is what it has that nobody takes: a
    /// wish that is misspelt must not be passed over. Answers are not looked at.
    /// </summary>
    public static void ReadStrictly(JsonSerializerOptions json)
    {
        json.RespectNullableAnnotations = true;
        json.RespectRequiredConstructorParameters = true;
        json.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
    }

    /// <summary>For the answers: what an older version has stored may lack what is asked for since.</summary>
    public static void WriteWhatIsThere(JsonTypeInfo type)
    {
        foreach (JsonPropertyInfo property in type.Properties.Where(property => !property.PropertyType.IsValueType))
        {
            property.IsGetNullable = true;
        }
    }

    /// <summary>Checks the bodies of all requests of the routes.</summary>
    public static void CheckRequests(this RouteGroupBuilder api) => api.AddEndpointFilter(async (context, next) =>
    {
        foreach (ICheckedRequest request in context.Arguments.OfType<ICheckedRequest>())
        {
            request.Check();
        }

        return await next(context);
    });

    /// <exception cref="QemuLabException">It is no time that can be waited for.</exception>
    public static TimeSpan? Seconds(string name, double? seconds) => Seconds(name, seconds, LongestWait);

    /// <inheritdoc cref="Seconds(string, double?)"/>
    public static TimeSpan? Seconds(string name, double? seconds, TimeSpan longest) => seconds switch
    {
        null => null,
        { } value when value >= 0 && value <= longest.TotalSeconds => TimeSpan.FromSeconds(value),
        _ => throw Invalid($"{name} is from 0 to {longest.TotalSeconds:0} seconds"),
    };

    /// <exception cref="QemuLabException">It is below zero.</exception>
    public static T? NotNegative<T>(string name, T? value) where T : struct, System.Numerics.INumber<T> =>
        value is { } number && T.IsNegative(number) ? throw Invalid($"{name} is at least 0") : value;

    /// <exception cref="QemuLabException">One of them is null.</exception>
    public static void NoNulls<T>(string name, IEnumerable<T?>? values) where T : class
    {
        if (values?.Contains(null) == true)
        {
            throw Invalid($"{name} has a null in it");
        }
    }

    public static QemuLabException Invalid(string message) => new(ErrorKind.Usage, "request-invalid", message, "the routes are in GET /openapi/v1.json");

    /// <summary>What is wrong with a request that could not be read, without the words of the reader's inside.</summary>
    public static string Reason(BadHttpRequestException error) => error.InnerException is not JsonException json ? error.Message : json.Message switch
    {
        var text when Lacking().Match(text) is { Success: true } match => $"the request lacks {match.Groups[1].Value.Replace("'", "", StringComparison.Ordinal)}",
        var text when Unknown().Match(text) is { Success: true } match => $"the request has '{match.Groups[1].Value}', which it does not take",
        var text when text.Contains("null values", StringComparison.Ordinal) => $"{Place(json)} must not be null",
        var text when text.Contains("could not be converted", StringComparison.Ordinal) => $"{Place(json)} has a value of another kind than it takes",
        var text => $"the request is no JSON that can be read: {text.Split(" Path: ")[0].Split(" LineNumber: ")[0]}",
    };

    /// <summary><c>$.source.text</c> as <c>source.text</c>.</summary>
    private static string Place(JsonException error) => error.Path is { Length: > 2 } path ? path[2..] : "the request";

    [GeneratedRegex(@"missing required properties including: (.*?)\.(?: Path:|\z)")]
    private static partial Regex Lacking();

    [GeneratedRegex("property '(.*?)' could not be mapped")]
    private static partial Regex Unknown();
}
