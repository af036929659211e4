using System.Text.Json;
using System.Text.RegularExpressions;

namespace QemuLab.Engine.Ssh;

/// <summary>What cloud-init has left in <c>/run/cloud-init</c>: its errors, and the line of its output that explains them.</summary>
internal sealed partial record CloudInitResult(IReadOnlyList<string> Errors, string? Explanation)
{
    /// <param name="result">result.json: <c>{"v1": {"datasource": …, "errors": […]}}</c>.</param>
    /// <param name="status">status.json: the same by stage, since 23.4 with <c>recoverable_errors</c> by level; may be empty.</param>
    /// <param name="output">The end of cloud-init-output.log; may be empty.</param>
    public static CloudInitResult Parse(string result, string status, string output)
    {
        List<string> errors = [.. ErrorsOf(result, isStages: false), .. ErrorsOf(status, isStages: true)];
        string[] distinct = [.. errors.Distinct(StringComparer.Ordinal)];
        return new CloudInitResult(distinct, distinct.Length > 0 ? Explain(output) : null);
    }

    private static List<string> ErrorsOf(string json, bool isStages)
    {
        if (string.IsNullOrWhiteSpace(json))
        {
            return isStages ? [] : ["cloud-init's result.json is empty"];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            if (!TryObject(document.RootElement, "v1", out JsonElement v1))
            {
                return [];
            }

            return isStages
                ? [.. v1.EnumerateObject().Where(stage => stage.Value.ValueKind == JsonValueKind.Object).SelectMany(stage => ErrorsIn(stage.Value))]
                : [.. ErrorsIn(v1)];
        }
        catch (JsonException)
        {
            return isStages ? [] : ["cloud-init's result.json is not valid JSON"];
        }
    }

    private static IEnumerable<string> ErrorsIn(JsonElement section)
    {
        IEnumerable<string> errors = section.TryGetProperty("errors", out JsonElement list) ? Texts(list) : [];
        // Warnings and deprecations stand beside these and do not make a boot fail.
        return TryObject(section, "recoverable_errors", out JsonElement levels)
            ? [.. errors, .. levels.EnumerateObject().Where(level => level.Name is "ERROR" or "CRITICAL").SelectMany(level => Texts(level.Value))]
            : errors;
    }

    private static IEnumerable<string> Texts(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? [.. list.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.String ? item.GetString()! : item.GetRawText())]
        : [];

    private static bool TryObject(JsonElement parent, string name, out JsonElement child)
    {
        child = default;
        return parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out child) && child.ValueKind == JsonValueKind.Object;
    }

    /// <summary>The last thing that a program printed before cloud-init first reported a failure: mostly the program's own complaint.</summary>
    private static string? Explain(string output)
    {
        IReadOnlyList<string> lines = SerialTail.Clean(output);
        int report = Enumerable.Range(0, lines.Count).FirstOrDefault(i => Failure().IsMatch(lines[i]), -1);
        string? complaint = lines.Take(report < 0 ? lines.Count : report).LastOrDefault(line => !OwnWords().IsMatch(line));
        return (complaint ?? (report >= 0 ? lines[report] : null))?.Trim();
    }

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d .*\[(WARNING|ERROR|CRITICAL)\]|^Traceback \(most recent call last\)")]
    private static partial Regex Failure();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d |^Cloud-init v\.|^ci-info: |^\s*$")]
    private static partial Regex OwnWords();
}
